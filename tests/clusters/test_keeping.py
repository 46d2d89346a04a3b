from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clusters.local import keeping

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT_ROOT = Path(__file__).parents[2]


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-m", "tests.clusters.lock_holder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with holder(folder) as process:
        assert keeping.is_held(folder)
        with pytest.raises(BlockingIOError):
            keeping.take(folder)
        with keeping.if_abandoned(folder) as abandoned:
            assert not abandoned
        process.kill()
        process.wait()
        assert not keeping.is_held(folder)
        with keeping.if_abandoned(folder) as abandoned:
            assert abandoned


def test_an_heir_keeps_the_lock_after_its_first_holder(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    descriptor = keeping.take(folder)
    with subprocess.Popen(["sleep", "60"], pass_fds=[descriptor]) as heir:
        os.close(descriptor)
        assert keeping.is_held(folder)
        heir.kill()
    assert not keeping.is_held(folder)


def test_a_child_that_is_not_told_of_the_lock_does_not_hold_it(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    descriptor = keeping.take(folder)
    with subprocess.Popen(["sleep", "60"]) as child:
        os.close(descriptor)
        assert not keeping.is_held(folder)
        child.kill()


def test_looking_makes_nothing(tmp_path: Path) -> None:
    assert not keeping.is_held(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_lock_whose_file_was_removed_is_taken_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a"
    flock = fcntl.flock
    calls: list[int] = []

    def removed_under_way(descriptor: int, operation: int) -> None:
        if not calls:
            # The holder before ends right between this open and this lock.
            keeping.lock_file(folder).unlink()
        calls.append(descriptor)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", removed_under_way)
    descriptor = keeping.take(folder)
    monkeypatch.undo()
    assert len(calls) == 2
    assert os.path.samestat(os.fstat(descriptor), keeping.lock_file(folder).stat())
    assert keeping.is_held(folder)
    os.close(descriptor)


def test_patience_outlasts_a_short_look(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    first = keeping.take(folder)
    threading.Timer(0.1, os.close, [first]).start()
    begun = time.monotonic()
    os.close(keeping.take(folder, patience_s=5))
    assert time.monotonic() - begun < 2


def test_lock_lies_beside_the_folder_and_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "clusters" / "a.b"
    os.close(keeping.take(folder))
    assert [path.name for path in folder.parent.iterdir()] == ["a.b.lock"]
    assert stat.S_IMODE(keeping.lock_file(folder).stat().st_mode) == 0o600
