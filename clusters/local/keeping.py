"""Whether somebody looks after a cluster: a lock that the kernel frees when its last holder ends, however it ends.

The owner takes the lock before it makes anything, and hands its open file to the warden, which holds it until nothing
of the cluster is left. So a cluster whose lock is free has nobody, at every moment of its life.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def lock_file(folder: Path) -> Path:
    """The lock of the cluster in ``folder``; it lies beside the folder, so that it is there first and goes last."""
    return folder.with_name(f"{folder.name}.lock")


def take(folder: Path) -> int:
    """Take the cluster's lock and return its open file, to be inherited by the warden.

    Raises:
        BlockingIOError: Somebody else looks after a cluster of this name.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock_file(folder), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


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
