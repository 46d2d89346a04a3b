"""Where a lab keeps its things: a folder that outlives it, a cgroup, and paths in its private /run."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from clusters.components.cache import CACHE_VARIABLE
from clusters.contract import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seen by the lab's own processes alone: each lab has a /run of its own.
RUN = Path("/run/lab")
SOCKET = RUN / "docker.sock"

#: The named hierarchy that systemd in a node counts on, with cgroup v1.
SYSTEMD_HIERARCHY = Path("/sys/fs/cgroup/systemd")


class LabError(ClusterError):
    """The lab can't run; the message says why and what to do next."""


@dataclass(frozen=True, slots=True)
class Place:
    """One lab's folder, and what is named after it.

    Attributes:
        directory: An absolute path; the engine's images stay there between runs.
    """

    directory: Path

    @property
    def engine_data(self) -> Path:
        """The engine's own folder."""
        return self.directory / "docker"

    @property
    def engine_log(self) -> Path:
        """What the engine of the last run said."""
        return self.directory / "dockerd.log"

    @property
    def cgroup(self) -> str:
        """The cgroup of all containers, in each hierarchy; labs with other folders have others."""
        return f"resize-lab-{hashlib.sha256(bytes(self.directory)).hexdigest()[:8]}"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other labs away from the folder; the kernel lets go of the lock when its holder dies.

        Raises:
            LabError: Another lab uses the folder.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.directory / "lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise LabError(
                f"another lab uses {self.directory}: wait for its end, or name another cache in {CACHE_VARIABLE}"
            ) from error
        try:
            yield
        finally:
            lock.release()
