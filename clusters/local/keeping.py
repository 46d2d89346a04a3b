"""Whether somebody looks after a cluster: a lock that the kernel frees when its last holder ends, however it ends.

The owner takes the lock before it makes anything, and hands its open file to the warden, which holds it until nothing
of the cluster is left. So a cluster whose lock is free has nobody, at every moment of its life.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def lock_file(folder: Path) -> Path:
    """The lock of the cluster in ``folder``; it lies beside the folder, so that it is there first and goes last."""
    return folder.with_name(f"{folder.name}.lock")


def take(folder: Path, *, patience_s: float = 0.0) -> int:
    """Take the cluster's lock and return its open file, to be inherited by the warden.

    Args:
        folder: The cluster's folder, which need not exist.
        patience_s: How long to try; others hold a free cluster's lock for a moment when they look at it.

    Raises:
        BlockingIOError: Somebody else looks after a cluster of this name.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + patience_s
    while True:
        descriptor = os.open(lock_file(folder), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.02)
            continue
        # The holder before may have removed the file after it was opened here; a lock on that is worth nothing.
        if _still_there(descriptor, folder):
            return descriptor
        os.close(descriptor)


def is_held(folder: Path) -> bool:
    """Whether somebody looks after the cluster; nothing is made or changed."""
    try:
        descriptor = os.open(lock_file(folder), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _still_there(descriptor: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), lock_file(folder).stat())
    except FileNotFoundError:
        return False


@contextmanager
def if_abandoned(folder: Path) -> Iterator[bool]:
    """Hold the lock for the body if nobody else does, and say so; used to clean up without being overtaken."""
    try:
        descriptor = take(folder)
    except BlockingIOError:
        yield False
        return
    try:
        yield True
    finally:
        os.close(descriptor)
