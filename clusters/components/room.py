"""Room on the disk: what a build takes, and when there is so little that nothing is left lying around."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from clusters.components.errors import ComponentError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_GIB = 1 << 30
#: With less than this free, a build leaves nothing in Go's caches, and a version's components go once no case of the
#: run needs them any more: twice what one build takes.
SCARCE_BYTES = 10 * _GIB


def free_bytes(directory: Path) -> int:
    """How much may be written below a directory, which need not be there yet."""
    existing = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    return shutil.disk_usage(existing).free


def is_scarce(directory: Path) -> bool:
    """Whether disk has to be freed as it goes."""
    return free_bytes(directory) < SCARCE_BYTES


def require_room(title: str, wanted_bytes: int, directories: Iterable[Path]) -> None:
    """Make sure that a build can be finished before it is begun.

    Args:
        title: What is built.
        wanted_bytes: What it writes.
        directories: Where it writes.

    Raises:
        ComponentError: One of them has too little room.
    """
    for directory in directories:
        free = free_bytes(directory)
        if free < wanted_bytes:
            raise ComponentError(
                f"{title} can't be built: a build writes up to {wanted_bytes / _GIB:.0f} GiB, and {directory} has "
                f"{free / _GIB:.1f} GiB free. `go clean -cache -modcache` frees what earlier builds left; "
                f"GOCACHE, GOMODCACHE and RESIZE_CONFORMANCE_CACHE name folders elsewhere."
            )
