"""Where local clusters live on disk, what is known of each, and how orphans go."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from platformdirs import user_state_path

from clusters.contract import ClusterError
from clusters.local import keeping
from clusters.local.hostcgroups import CgroupError
from clusters.local.init import STATUS_FILES
from clusters.local.removal import remove_abandoned
from clusters.local.warden import KEPT_FILE, STATE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The provider's :class:`~clusters.contract.ClusterRecord` as JSON, once the cluster was ready.
RECORD_FILE = "record.json"
SPEC_FILE = "spec.json"


def clusters_root() -> Path:
    """The folder of all local clusters; ``RESIZE_CONFORMANCE_STATE`` moves it."""
    configured = os.environ.get("RESIZE_CONFORMANCE_STATE")
    root = Path(configured) if configured else user_state_path("resize-conformance")
    return root / "clusters"


@contextmanager
def told_if_unwritable(folder: Path) -> Iterator[None]:
    """Tell of a folder that can't be written, for lack of room or of rights, as the user's matter that it is.

    Raises:
        ClusterError: The body met a file that can't be written.
    """
    try:
        yield
    except OSError as error:
        raise ClusterError(
            f"{error.filename or folder} can't be written: {error.strerror or error}; make room, or name another "
            f"folder for clusters in RESIZE_CONFORMANCE_STATE"
        ) from error


@dataclass(frozen=True, slots=True)
class ClusterFolder:
    """One cluster's folder."""

    path: Path

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.path.name

    def exists(self) -> bool:
        """Whether anything of the cluster is on disk; of one that is just begun it is the lock alone."""
        return self.path.exists() or keeping.lock_file(self.path).exists()

    @property
    def kept(self) -> bool:
        """Whether the cluster's owner let go of it so that it outlives the owner."""
        return (self.path / KEPT_FILE).exists()

    @property
    def state(self) -> dict[str, Any] | None:
        """The warden's note of PIDs and port, None before the namespaces stand."""
        return self._read(STATE_FILE)

    @property
    def record(self) -> dict[str, Any] | None:
        """The cluster's record, None before it was ready."""
        return self._read(RECORD_FILE)

    @property
    def is_up(self) -> bool:
        """Whether the cluster's namespaces stand; they end with its warden and with its first process."""
        state = self.state
        if state is None:
            return False
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(int(state["init_pid"])).status() != psutil.STATUS_ZOMBIE
        return False

    def ended_processes(self) -> list[tuple[str, int]]:
        """Components that have ended, each with its exit code (negative: the signal's number)."""
        events = self.events()
        return [(str(event["name"]), int(event["code"])) for event in events if event["event"] == "ended"]

    def events(self) -> list[dict[str, Any]]:
        """What init and the nodes noted: ``{"event": "up" | "started" | "ended", "at": ..., "name": ..., ...}``."""
        lines: list[str] = []
        for file in sorted(self.path.glob(STATUS_FILES)):
            lines += file.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def _read(self, name: str) -> dict[str, Any] | None:
        with suppress(FileNotFoundError):
            document: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
            return document
        return None


def folders() -> list[ClusterFolder]:
    """Every local cluster of this user, running or orphaned, by name."""
    root = clusters_root()
    if not root.is_dir():
        return []
    # A lock without a folder is of a cluster whose owner was killed between the two.
    names = {path.name.removesuffix(".lock") for path in root.iterdir()}
    return [ClusterFolder(root / name) for name in sorted(names)]


def sweep() -> list[str]:
    """Remove the traces of clusters that nobody looks after; return their names."""
    swept = []
    for folder in folders():
        # What can't be removed now, as while its Docker engine does not run, is tried again by the next sweep.
        with suppress(CgroupError, ClusterError):
            if remove_abandoned(folder):
                swept.append(folder.name)
    return swept
