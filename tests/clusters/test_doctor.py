"""What the doctor finds on machines that lack one thing or another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clusters.__main__ import main
from clusters.components.cache import ComponentCache
from clusters.components.pins import load_pins
from clusters.doctor import golang, shared
from clusters.doctor.findings import look
from clusters.doctor.golang import go_requirement
from clusters.doctor.shared import shared_requirements
from clusters.local import host
from clusters.local.hostcgroups import Hierarchy
from clusters.progress import Progress

if TYPE_CHECKING:
    from clusters.requirement import Requirement


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESIZE_CONFORMANCE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("RESIZE_CONFORMANCE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is all of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(golang, "_USUAL_PATH", str(folder))
    return folder


def add(folder: Path, name: str, text: str = "") -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
    (folder / name).chmod(0o755)


def found(tmp_path: Path, components_dir: Path | None = None) -> dict[str, Requirement]:
    cache = ComponentCache(tmp_path / "cache", Progress())
    return {requirement.name: requirement for requirement in shared_requirements(cache, components_dir)}


def test_screen_of_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "local, nodes on this host's own kernel (--node host)"
    assert "all of them" in lines
    assert code == (0 if any(line.startswith("--node") and "can run" in line for line in lines) else 1)


def test_bare_machine_is_told_what_to_install(tmp_path: Path, programs: Path) -> None:
    requirements = found(tmp_path)
    assert {name for name, requirement in requirements.items() if requirement.blocks} == {"Go", "stress", "busybox"}
    for name, remedy in (("stress", "stress"), ("busybox", "busybox-static"), ("C compiler", "apt-get install gcc")):
        assert not requirements[name].ok
        assert remedy in requirements[name].remedy
    assert "metrics-server v" in requirements["Go"].detail


def test_packages_are_unpacked_where_there_is_apt(tmp_path: Path, programs: Path) -> None:
    for name in ("apt-get", "dpkg-deb"):
        add(programs, name)
    requirements = found(tmp_path)
    assert all(requirements[name].ok for name in ("stress", "busybox", "libseccomp"))
    assert requirements["stress"].detail == "not installed; it is taken out of the package stress"


def test_components_that_are_named_need_no_go(tmp_path: Path, programs: Path) -> None:
    folder = tmp_path / "components"
    folder.mkdir()
    for name in load_pins().component_names:
        add(folder, name)
    requirements = found(tmp_path, folder)
    assert requirements["components"].ok
    assert not requirements["Go"].ok
    assert not requirements["Go"].needed


@pytest.mark.parametrize(
    ("version", "toolchain", "ok", "told"),
    [
        ("go1.26.4", "local", True, "1.26.4 at "),
        ("go1.27rc1", "auto", True, "1.27rc1 at "),
        ("go1.21.3", "auto", True, "which fetches a newer one itself (GOTOOLCHAIN=auto)"),
        ("go1.26.3", "local", False, "is go1.26.3 with GOTOOLCHAIN=local, and 1.26.4 or newer is wanted"),
        ("go1.20.3", "", False, "is go1.20.3, and 1.26.4 or newer is wanted"),
        ("", "", False, "is broken"),
    ],
)
def test_versions_of_go(programs: Path, version: str, toolchain: str, ok: bool, told: str) -> None:
    add(programs, "go", f"echo {version}; echo {toolchain}")
    requirement = go_requirement(["metrics-server v0.9.0"])
    assert (requirement.ok, requirement.blocks) == (ok, not ok)
    assert told in requirement.detail


def test_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(tmp_path)["disk for clusters"].ok
    monkeypatch.setattr(shared, "STATE_BYTES", 1 << 60)
    requirement = found(tmp_path)["disk for clusters"]
    assert requirement.blocks
    assert "RESIZE_CONFORMANCE_STATE" in requirement.remedy


def test_folder_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert f"{tmp_path} can't be written by this user" in found(tmp_path)["disk for cache"].sentence


def test_ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    findings = look(["host"])
    assert not findings.kinds[0].for_this_user
    assert findings.choice == "uml"
    assert "this user is not root" in findings.why


def test_root_without_its_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(host, "has_capability", lambda number: False)
    assert "this root has no CAP_SYS_ADMIN: run the container with --privileged" in host.problems()


def test_cgroups_of_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("os.access", lambda path, mode: False)
    monkeypatch.setattr(
        host, "hierarchies", lambda: [Hierarchy(Path("/c"), frozenset({"cpu", "memory"}), unified=True)]
    )
    problems = [text for text in host.problems() if "cgroup" in text]
    assert len(problems) == 2
    assert problems[0].startswith("the cgroup controller pids is missing")
    assert problems[1].startswith("/c can't be written: run the container as root with --privileged")


def test_few_inotify_instances_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "inotify_room", lambda: (11, 128))
    requirement = host.inotify(12)
    assert requirement.blocks
    assert requirement.detail == "only 11 of 128 inotify instances are left, and a cluster needs 12"
    assert host.inotify(11).ok
