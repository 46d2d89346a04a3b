"""Reads a pod's cgroups on the node over and over: every few milliseconds around a resize, calmly otherwise."""

from __future__ import annotations

import faulthandler
import struct
import tempfile
import threading
import time
from typing import TYPE_CHECKING

from clusters.contract import ClusterError
from resize.cgroup import CgroupReader, read_limits
from resize.cgroup_paths import CgroupLayoutError
from resize.locate import locate, locate_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from clusters.contract import Node
    from resize.cgroup import CgroupReading, CpuStat
    from resize.cgroup_paths import CgroupPaths, Level

#: While nothing is to be expected. Around a resize it is the node's ``sampling_s``.
CALM_S = 0.1
#: How long the dense reading goes on after a request; what is not there by then is no matter of milliseconds.
FAST_FOR_S = 5.0
#: A round takes milliseconds, on a busy user-mode node a second; so long without one, and nothing rests on the last.
STALE_S = 10.0
#: The kernel's counters give CPU usage as a mean over this long: ten periods of 100 ms.
USAGE_EVERY_S = 1.0


class CgroupSampler:
    """Follows the containers of one pod through restarts, and keeps the newest reading of each cgroup.

    Args:
        node: The pod's node.
        on_change: Called in the sampler's thread with (container name, or None for the pod; reading; monotonic time)
            whenever a limit changed or a cgroup came or went.
        on_usage: Called in the sampler's thread with (milli-CPU used on average, monotonic time), for the whole pod.
        on_failure: Called once if the node's cgroups can't be made sense of.
    """

    def __init__(
        self,
        node: Node,
        *,
        on_change: Callable[[str | None, CgroupReading | None, float], None],
        on_usage: Callable[[float, float], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._node = node
        self._on_change = on_change
        self._on_usage = on_usage
        self._on_failure = on_failure
        self._lock = threading.Lock()
        self._pod_uid = ""
        self._any_ended = False
        self._ids: dict[str, str] = {}
        self._readers: dict[str, tuple[str, CgroupReader]] = {}
        self._readings: dict[str | None, CgroupReading | None] = {}
        # The pod's cgroup outlives its containers', so it is read even while none of them runs.
        self._newest: CgroupReader | None = None
        self._fast_until = 0.0
        self._wake = threading.Event()
        self._closed = False
        self._failed_before = False
        self._usage: tuple[float, int] | None = None
        self._read_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, daemon=True, name="cgroups")

    def start(self) -> None:
        """Begin to read."""
        self._read_at = time.monotonic()
        self._thread.start()

    def close(self) -> None:
        """Stop reading and wait until the last reading is over."""
        self._closed = True
        self._wake.set()
        self._thread.join(timeout=5)

    def hurry(self) -> None:
        """Read densely from now on for a while: a resize is about to be requested."""
        self._fast_until = time.monotonic() + FAST_FOR_S
        self._wake.set()

    def follow(self, pod_uid: str, running: dict[str, str], *, any_ended: bool) -> None:
        """Say which containers of the pod run now: name to container ID; and whether one has run and ended."""
        with self._lock:
            self._pod_uid = pod_uid
            self._ids = dict(running)
            self._any_ended = any_ended
        self._wake.set()

    def reader(self, container: str) -> CgroupReader | None:
        """The reader of a container's cgroups, for counters beyond the limits; None while it does not run."""
        found = self._readers.get(container)
        return found[1] if found else None

    @property
    def paths(self) -> CgroupPaths | None:
        """Where the newest container's cgroups are, or were; None if none was ever found."""
        return self._newest.paths if self._newest else None

    def readings(self) -> dict[str | None, CgroupReading | None]:
        """The newest reading by container name, the pod's under None."""
        return dict(self._readings)

    def stalled(self) -> str | None:
        """Why the newest readings are no evidence: they are old, as the reading waits for something; None if not."""
        age_s = time.monotonic() - self._read_at
        if age_s < STALE_S or self._closed:
            return None
        return f"the cgroups on node {self._node.name} were last read {age_s:.0f} s ago: {self._whereabouts()}"

    def _whereabouts(self) -> str:
        with tempfile.TemporaryFile("w+") as file:
            faulthandler.dump_traceback(file, all_threads=True)
            file.seek(0)
            threads = file.read().split("\n\n")
        mine = f"Thread 0x{self._thread.ident or 0:0{struct.calcsize('P') * 2}x}"
        frames = next((thread.splitlines()[1:] for thread in threads if thread.startswith(mine)), [])
        return f"the thread that reads them is{':' if frames else ' gone'}\n" + "\n".join(frames)

    def _run(self) -> None:
        try:
            while not self._closed:
                self._read_round()
                pause_s = self._node.sampling_s if time.monotonic() < self._fast_until else CALM_S
                if self._wake.wait(pause_s):
                    self._wake.clear()
        except (CgroupLayoutError, ClusterError) as error:
            self._fail(error)
        except Exception as error:
            # Whatever it is: a thread that just ends leaves readings behind that look like new ones.
            self._fail(ClusterError(f"the cgroups on node {self._node.name} are not read any more: {error!r}"))
            raise

    def _read_round(self) -> None:
        try:
            self._find_readers()
            self._read_all()
        except ClusterError:
            # One command without an answer is no broken node; a second one in a row is.
            if self._failed_before:
                raise
            self._failed_before = True
        else:
            self._failed_before = False
            self._read_at = time.monotonic()

    def _fail(self, error: Exception) -> None:
        if not self._closed:
            self._on_failure(error)

    def _find_readers(self) -> None:
        with self._lock:
            wanted = dict(self._ids)
        for name in set(self._readers) - set(wanted):
            del self._readers[name]
        for name, container_id in wanted.items():
            known = self._readers.get(name)
            if known is None or known[0] != container_id:
                paths = locate(self._node, container_id)
                if paths is not None:
                    self._newest = CgroupReader(self._node, paths)
                    self._readers[name] = (container_id, self._newest)
        if self._newest is None and self._any_ended:
            # Its containers end before they are found; the pod's cgroup is its sandbox's too.
            paths = locate_sandbox(self._node, self._pod_uid)
            if paths is not None:
                self._newest = CgroupReader(self._node, paths)

    def _read_all(self) -> None:
        names = {*self._readings, *self._readers} - {None}
        wanted: list[tuple[str | None, CgroupPaths, Level]] = [
            (name, reader.paths, "container") for name in names if (reader := self.reader(str(name))) is not None
        ]
        if self._newest is not None:
            wanted.append((None, self._newest.paths, "pod"))
        found = read_limits(self._node, [(paths, level) for _, paths, level in wanted]) if wanted else []
        readings = dict(zip((name for name, _, _ in wanted), found, strict=True))
        for name in {*names, *readings}:
            self._keep(name, readings.get(name))
        stat = self._newest.cpu_stat("pod") if self._newest is not None and self._usage_is_due() else None
        if stat is not None:
            self._note_usage(stat)

    def _keep(self, name: str | None, reading: CgroupReading | None) -> None:
        before = self._readings.get(name)
        self._readings[name] = reading
        if (before.values if before else None) != (reading.values if reading else None):
            self._on_change(name, reading, time.monotonic())

    def _usage_is_due(self) -> bool:
        return self._usage is None or time.monotonic() - self._usage[0] >= USAGE_EVERY_S

    def _note_usage(self, stat: CpuStat) -> None:
        now = time.monotonic()
        if self._usage is not None and stat.usage_us >= self._usage[1]:
            self._on_usage((stat.usage_us - self._usage[1]) / 1000 / (now - self._usage[0]), now)
        self._usage = (now, stat.usage_us)
