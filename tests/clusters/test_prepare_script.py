"""scripts/prepare asks an ordinary user for nothing that the suite gets by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "prepare"
#: What the script itself is written with.
_TOOLS = ("sh", "find", "sort", "cut", "sed", "printf", "tail", "mktemp", "rm")
_NEEDED = ("python3", "uv", "make", "unshare", "nsenter", "setpriv", "ip", "mke2fs", "gcc", "xz", "apt-get", "dpkg-deb")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of programs, as of an ordinary user on a Debian that lacks stress and busybox."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in _TOOLS:
        found = shutil.which(name)
        if found is not None:
            (folder / name).symlink_to(found)
    for name in _NEEDED:
        add(folder, name)
    add(folder, "id", "echo 1000")
    add(folder, "go", "echo go1.26.4")
    return folder


def add(folder: Path, name: str, text: str = "") -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
    (folder / name).chmod(0o755)


def prepare(machine: Path, mode: str = "cluster") -> tuple[int, str]:
    # The places that the script adds to PATH are looked at last, and may have programs of this machine.
    environment = {**os.environ, "PATH": str(machine), "RESIZE_CONFORMANCE_CACHE": str(machine.parent / "cache")}
    done = subprocess.run([SCRIPT, mode], capture_output=True, text=True, check=False, env=environment)
    return done.returncode, done.stderr


def test_ordinary_user_needs_neither_root_nor_what_is_unpacked(machine: Path) -> None:
    assert prepare(machine) == (0, "")


def test_ordinary_user_is_told_what_only_root_can_get(machine: Path) -> None:
    (machine / "gcc").unlink()
    (machine / "xz").unlink()
    code, told = prepare(machine)
    assert code == 1
    assert "sudo apt-get install gcc xz-utils" in told
    assert "stress" not in told
    assert "root" not in told


def test_nothing_is_unpacked_without_dpkg(machine: Path) -> None:
    (machine / "dpkg-deb").unlink()
    (machine / "apt-get").unlink()
    add(machine, "dnf")
    code, told = prepare(machine)
    assert code == 1
    assert "sudo dnf install stress busybox pkgconf-pkg-config" in told


def test_root_installs_what_is_missing(machine: Path) -> None:
    add(machine, "id", "echo 0")
    add(machine, "apt-get", 'echo "$@" >>"${0%/*}/asked"')
    code, told = prepare(machine)
    assert (code, "installing with apt-get" in told) == (0, True)
    asked = (machine / "asked").read_text(encoding="utf-8").splitlines()
    assert asked[0] == "update -q"
    assert asked[1].startswith("install -q -y --no-install-recommends stress busybox-static pkg-config")


def test_go_is_needed_once(machine: Path) -> None:
    add(machine, "go", "case $2 in GOVERSION) echo go1.20 ;; esac")
    code, told = prepare(machine)
    assert code == 1
    assert "Go 1.26.4 or newer is needed once" in told
    for name in ("metrics-server-v0.9.0-amd64", "node-init-amd64"):
        (machine.parent / "cache" / name).mkdir(parents=True)
    assert prepare(machine) == (0, "")
