from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusters.components.directory import check_directory, find_in_directory, printed_version
from clusters.components.errors import ComponentError

if TYPE_CHECKING:
    from pathlib import Path


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("runc", '[ "$1" = --version ] && echo "runc version 1.2.3-rc.1+dev\nspec: 1.3.0"', "1.2.3-rc.1+dev"),
        ("kubelet", '[ "$1" = --version ] && echo "Kubernetes v1.37.2"', "1.37.2"),
        ("kubectl", '[ "$1 $2" = "version --client" ] && echo "Client Version: v1.30.14"', "1.30.14"),
        ("containerd-shim-runc-v2", '[ "$1" = -v ] && echo "containerd-shim-runc-v2:\n  Version:  v2.4.2"', "2.4.2"),
        ("bridge", 'echo "CNI bridge plugin v1.9.1" >&2', "1.9.1"),
    ],
)
def test_a_binary_is_asked_for_its_version(tmp_path: Path, name: str, text: str, version: str) -> None:
    assert printed_version(script(tmp_path / name, text)) == version


@pytest.mark.parametrize("text", ["echo no version here", "exit 3"])
def test_a_silent_binary_has_an_unknown_version(tmp_path: Path, text: str) -> None:
    assert printed_version(script(tmp_path / "runc", text)) == f"unknown (from {tmp_path})"


def test_a_file_that_is_no_program_has_an_unknown_version(tmp_path: Path) -> None:
    path = tmp_path / "runc"
    path.write_bytes(b"\0")
    path.chmod(0o755)
    assert printed_version(path) == f"unknown (from {tmp_path})"


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ComponentError, match=f"--components-dir {tmp_path}/none is no directory"):
        check_directory(tmp_path / "none", ["runc"])


def test_a_directory_without_components_is_refused(tmp_path: Path) -> None:
    script(tmp_path / "runc.amd64", "exit 0")
    with pytest.raises(ComponentError, match=r"holds no component\. Its files must have .*: etcd, runc"):
        check_directory(tmp_path, ["runc", "etcd"])


def test_a_subset_will_do(tmp_path: Path) -> None:
    runc = script(tmp_path / "runc", "exit 0")
    check_directory(tmp_path, ["runc", "etcd"])
    assert find_in_directory(tmp_path, "runc") == runc
    assert find_in_directory(tmp_path, "etcd") is None


def test_a_file_that_is_not_executable_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runc").write_text("")
    with pytest.raises(ComponentError, match=f"chmod \\+x {tmp_path}/runc"):
        find_in_directory(tmp_path, "runc")
