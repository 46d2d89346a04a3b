"""A lab's folder: one lab at a time, and a cgroup that no other lab has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lab.engine import settings
from lab.place import LabError, Place

PROJECT_ROOT = Path(__file__).parents[2]


def test_a_second_lab_is_told_which_folder_is_in_use(tmp_path: Path) -> None:
    place = Place(tmp_path / "lab")
    arguments = f"Path({str(place.directory)!r})"
    program = f"from pathlib import Path; from lab.place import Place; Place({arguments}).lock().__enter__()"
    with place.lock():
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode != 0
        assert f"another lab uses {place.directory}" in done.stderr
    with place.lock():
        pass


def test_the_lock_goes_with_an_error(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with pytest.raises(LabError), place.lock():
        raise LabError("failed")
    with place.lock():
        pass


def test_labs_with_other_folders_have_other_cgroups() -> None:
    assert Place(Path("/a")).cgroup != Place(Path("/b")).cgroup
    assert Place(Path("/a")).cgroup == Place(Path("/a")).cgroup


def test_the_engine_listens_on_a_private_socket_alone_and_keeps_to_its_cgroup() -> None:
    place = Place(Path("/cache/lab"))
    chosen = settings(place, lacks_sys_resource=False, storage="overlay2")
    assert chosen["hosts"] == ["unix:///run/lab/docker.sock"]
    assert chosen["cgroup-parent"] == f"/{place.cgroup}"
    assert chosen["data-root"] == "/cache/lab/docker"
    assert "default-runtime" not in chosen


def test_the_other_runtime_is_for_hosts_that_lack_the_capability() -> None:
    chosen = settings(Place(Path("/a")), lacks_sys_resource=True, storage="overlay2")
    assert chosen["runtimes"][chosen["default-runtime"]] == {"path": "/run/lab/runc"}
