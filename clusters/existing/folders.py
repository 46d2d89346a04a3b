"""The private folder of a run on this machine, with the way to the cluster: it goes with the run, or with the next."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from clusters.local import keeping
from clusters.local.state import clusters_root

if TYPE_CHECKING:
    from pathlib import Path


class RunFolder:
    """A folder that nobody else may look into, held by a lock that the kernel frees when this process ends."""

    def __init__(self, run_id: str) -> None:
        self.path = _root() / run_id
        self._lock = keeping.take(self.path)
        self.path.mkdir(mode=0o700, exist_ok=True)

    def remove(self) -> None:
        """Remove it with all that it holds."""
        _remove(self.path)
        os.close(self._lock)


def sweep_folders() -> list[str]:
    """Remove the folders of runs that were killed; return the runs' IDs."""
    root, swept = _root(), []
    names = {path.name.removesuffix(".lock") for path in root.iterdir()} if root.is_dir() else set()
    for name in sorted(names):
        with keeping.if_abandoned(root / name) as abandoned:
            if abandoned:
                _remove(root / name)
                swept.append(name)
    return swept


def _root() -> Path:
    return clusters_root().with_name("existing")


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    keeping.lock_file(folder).unlink(missing_ok=True)
