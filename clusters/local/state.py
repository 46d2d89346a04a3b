"""Where local clusters live on disk, what is known of each, and how orphans go."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from platformdirs import user_state_path

from clusters.local import keeping
from clusters.local.hostcgroups import CgroupError
from clusters.local.init import STATUS_FILE
from clusters.local.warden import STATE_FILE, remove_traces

#: The provider's :class:`~clusters.contract.ClusterRecord` as JSON, once the cluster was ready.
RECORD_FILE = "record.json"
SPEC_FILE = "spec.json"


def clusters_root() -> Path:
    """The folder of all local clusters; ``RESIZE_CONFORMANCE_STATE`` moves it."""
    configured = os.environ.get("RESIZE_CONFORMANCE_STATE")
    root = Path(configured) if configured else user_state_path("resize-conformance")
    return root / "clusters"


@dataclass(frozen=True, slots=True)
class ClusterFolder:
    """One cluster's folder."""

    path: Path

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.path.name

    @property
    def state(self) -> dict[str, Any] | None:
        """The warden's note of PIDs and port, None before the namespaces stand."""
        return self._read(STATE_FILE)

    @property
    def record(self) -> dict[str, Any] | None:
        """The cluster's record, None before it was ready."""
        return self._read(RECORD_FILE)

    def ended_processes(self) -> list[tuple[str, int]]:
        """Components that have ended, each with its exit code (negative: the signal's number)."""
        try:
            lines = (self.path / STATUS_FILE).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        events = [json.loads(line) for line in lines]
        return [(str(event["name"]), int(event["code"])) for event in events if event["event"] == "ended"]

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
    """Remove the traces of clusters that nobody looks after; return their names.

    Their processes ended with their warden (see :mod:`clusters.local.warden`); cgroups and folders may be left.
    """
    swept = []
    for folder in folders():
        with keeping.if_abandoned(folder.path) as abandoned:
            if abandoned:
                _kill_init(folder)
                with suppress(CgroupError):
                    remove_traces(folder.name, folder.path)
                    swept.append(folder.name)
    return swept


def _kill_init(folder: ClusterFolder) -> None:
    """End a PID namespace that outlived its warden; its processes could hold the cgroups."""
    state = folder.state
    if state is None:
        return
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(state["init_pid"])
        # The PID may be somebody else's by now.
        if "clusters.local.init" in process.cmdline() and process.create_time() <= state["created"] + 1:
            process.kill()
            process.wait(timeout=10)
