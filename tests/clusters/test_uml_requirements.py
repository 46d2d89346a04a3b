"""What user-mode nodes take of a host, with a stand-in for unshare(1) that refuses or not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clusters.components.cache import ComponentCache
from clusters.components.errors import ComponentError
from clusters.progress import Progress
from clusters.uml import probe, requirements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clusters.requirement import Requirement

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="user-mode nodes are Linux's")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with stand-ins for the programs, which is all of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("unshare", "nsenter", "setpriv", "ip", "mke2fs"):
        add(folder, name)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    requirements._probe.cache_clear()
    yield folder
    requirements._probe.cache_clear()


def add(folder: Path, name: str, text: str = "") -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def named(found: list[Requirement]) -> dict[str, Requirement]:
    return {requirement.name: requirement for requirement in found}


def test_all_is_there(programs: Path) -> None:
    add(programs, "unshare", "echo '{}'")
    found = named(requirements.requirements())
    assert list(found) == ["processor", "programs", "namespaces", "inside them", "inotify"]
    assert found["inside them"].detail == "mounts, interfaces, packet sockets, forwarding, seccomp"
    assert requirements.problems() == []


def test_users_are_asked_for_no_other_rights_than_a_clusters_first_process(programs: Path) -> None:
    add(programs, "unshare", 'echo "$@" >"${0%/*}/asked"; echo "{}"')
    requirements.requirements()
    asked = (programs / "asked").read_text(encoding="utf-8")
    namespaces = "--user --map-root-user --pid --mount --net --fork --kill-child --mount-proc"
    assert asked == f"{namespaces} {sys.executable} -m clusters.uml.probe\n"


def test_refused_namespaces(programs: Path) -> None:
    add(programs, "unshare", "echo 'unshare: unshare failed: Invalid argument' >&2; exit 1")
    found = named(requirements.requirements())
    assert found["namespaces"].blocks
    assert "inside them" not in found
    assert "CONFIG_USER_NS" in requirements.problems()[0]


def test_what_fails_in_namespaces_is_told_by_its_name(programs: Path) -> None:
    add(programs, "unshare", """echo '{"pair": "Error: Unknown device type."}'""")
    found = named(requirements.requirements())
    assert found["namespaces"].ok
    assert found["interfaces"].blocks
    assert "modprobe veth" in found["interfaces"].remedy
    assert found["inside them"].detail == "mounts, packet sockets, forwarding, seccomp"


def test_hosts_are_asked_once(programs: Path) -> None:
    add(programs, "unshare", 'echo x >>"${0%/*}/asked"; echo "{}"')
    for _ in range(3):
        assert requirements.problems() == []
    assert (programs / "asked").read_text(encoding="utf-8") == "x\n"


def test_missing_programs(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (programs / "ip").unlink()
    found = named(requirements.requirements())
    assert found["ip"].sentence == "the program ip is missing: on Debian or Ubuntu, apt-get install iproute2"
    assert "namespaces" not in found


@pytest.mark.parametrize("machine", ["aarch64", "riscv64"])
def test_other_processors(programs: Path, monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert requirements.problems() == [
        f"user-mode nodes need an x86_64 processor, and this is {machine}: use --node host"
    ]


@pytest.fixture
def kernel(tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Requirement]:
    """The requirement of a kernel with an empty cache, and all tools of a build but what a test takes away."""
    monkeypatch.setattr(requirements, "require_tools", lambda: None)
    for name in ("apt-get", "dpkg-deb"):
        add(programs, name)

    def look(components_dir: Path | None = None) -> Requirement:
        return requirements.kernel_requirement(ComponentCache(tmp_path / "cache", Progress()), components_dir)

    return look


def test_kernel_that_can_be_built(kernel: Callable[..., Requirement]) -> None:
    requirement = kernel()
    assert requirement.ok
    assert "to be built once" in requirement.detail


def test_kernel_without_a_compiler(kernel: Callable[..., Requirement], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ComponentError("needs the packages gcc")

    monkeypatch.setattr(requirements, "require_tools", refuse)
    requirement = kernel()
    assert (requirement.ok, requirement.needed) == (False, False)
    assert "the distribution's package user-mode-linux serves" in requirement.detail
    assert "needs the packages gcc" in requirement.detail


def test_kernel_without_apt(kernel: Callable[..., Requirement], programs: Path) -> None:
    (programs / "apt-get").unlink()
    requirement = kernel()
    assert requirement.blocks
    assert "--components-dir" in requirement.remedy


def test_kernel_that_is_named(kernel: Callable[..., Requirement], tmp_path: Path, programs: Path) -> None:
    (programs / "apt-get").unlink()
    add(tmp_path, "linux")
    assert kernel(tmp_path).ok
    (tmp_path / "linux").chmod(0o644)
    assert kernel(tmp_path).blocks


def test_filters_of_system_calls_are_tried_for_real() -> None:
    # In a process of its own: a filter stays.
    script = "from clusters.uml import probe; probe.try_seccomp(); print(open('/proc/self/status').read())"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=Path(probe.__file__).parents[2]
    )
    assert "Seccomp:\t2" in done.stdout, done.stderr
