"""What the kernel enforces: the limits, weights and counters in the cgroup files of a container and its pod.

File names and units: the kernel's ``Documentation/admin-guide/cgroup-v2.rst``, ``cgroup-v1/memory.rst`` and
``scheduler/sched-bwc.rst``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters.contract import Node
    from resize.cgroup_paths import CgroupDirectories, CgroupPaths, CgroupVersion, Level

#: cgroup v1 writes "no limit" as the largest multiple of its page size; this is below that for pages up to 64 KiB.
_V1_UNLIMITED_BYTES: Final = 2**63 - 2**16
#: Seconds since the node's start, in hundredths (``Documentation/filesystems/proc.rst``).
_UPTIME: Final = "/proc/uptime"
_LIMIT_FILES: Final = {
    "v1": ("{cpu}/cpu.cfs_quota_us", "{cpu}/cpu.cfs_period_us", "{cpu}/cpu.shares", "{memory}/memory.limit_in_bytes"),
    "v2": ("{cpu}/cpu.max", "{cpu}/cpu.weight", "{memory}/memory.max"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CgroupReading:
    """The limits of one cgroup at one moment.

    Attributes:
        at_monotonic_s: ``time.monotonic()`` right after the last file was read.
        level: "container" or "pod".
        version: "v1" or "v2".
        directories: Where the files are, for messages.
        cpu_quota_us: CPU time in each period; None: no limit.
        cpu_period_us: The length of the period.
        cpu_shares: cgroup v1 only.
        cpu_weight: cgroup v2 only.
        memory_limit_bytes: None: no limit.
    """

    at_monotonic_s: float
    level: Level
    version: CgroupVersion
    directories: CgroupDirectories
    cpu_quota_us: int | None
    cpu_period_us: int
    cpu_shares: int | None
    cpu_weight: int | None
    memory_limit_bytes: int | None

    @property
    def values(self) -> tuple[int | None, ...]:
        """The limits alone, to tell whether two readings differ in more than their time."""
        return (
            self.cpu_quota_us,
            self.cpu_period_us,
            self.cpu_shares,
            self.cpu_weight,
            self.memory_limit_bytes,
        )

    def describe(self) -> str:
        """One line for people, such as ``"cpu 30000/100000 us, cpu.weight 40, memory 249999360 bytes"``."""
        quota = "no limit" if self.cpu_quota_us is None else f"{self.cpu_quota_us}/{self.cpu_period_us} us"
        memory = "no limit" if self.memory_limit_bytes is None else f"{self.memory_limit_bytes} bytes"
        weight = f"cpu.shares {self.cpu_shares}" if self.version == "v1" else f"cpu.weight {self.cpu_weight}"
        return f"cpu {quota}, {weight}, memory {memory}"


@dataclass(frozen=True, slots=True)
class CpuStat:
    """Counters since the cgroup was made.

    Attributes:
        periods: Periods in which something ran under the quota.
        throttled_periods: Those in which the quota ran out.
        throttled_us: How long its threads were held back, in microseconds.
        usage_us: CPU time used, in microseconds.
        at_s: The node's own clock at the reading, in seconds: an answer of a busy node comes late.
    """

    periods: int
    throttled_periods: int
    throttled_us: int
    usage_us: int
    at_s: float


class CgroupReader:
    """Reads the cgroups of one container and its pod on their node.

    Each method returns None once the cgroup is gone, as it is when the container ended or restarted.
    """

    def __init__(self, node: Node, paths: CgroupPaths) -> None:
        self.node = node
        self.paths = paths

    def read(self, level: Level) -> CgroupReading | None:
        """The limits of one level.

        Raises:
            ValueError: A file holds something else than its documentation says.
        """
        return read_limits(self.node, [(self.paths, level)])[0]

    def cpu_stat(self, level: Level) -> CpuStat | None:
        """How much CPU was used, and how often the quota held it back."""
        at = self.paths.directories(level)
        files = [f"{at.cpu}/cpu.stat", *([f"{at.cpuacct}/cpuacct.usage"] if self.paths.version == "v1" else [])]
        uptime, text, *usage = self.node.read_texts([_UPTIME, *files])
        if uptime is None or text is None or None in usage:
            return None
        stat = _fields(text)
        if self.paths.version == "v1":
            throttled_us, usage_us = stat.get("throttled_time", 0) // 1000, int(usage[0] or 0) // 1000
        else:
            throttled_us, usage_us = stat.get("throttled_usec", 0), stat["usage_usec"]
        at_s = float(uptime.split()[0])
        return CpuStat(stat.get("nr_periods", 0), stat.get("nr_throttled", 0), throttled_us, usage_us, at_s)

    def memory_usage_bytes(self, level: Level) -> int | None:
        """Memory charged to the cgroup, page cache included: what the kernel compares with the limit."""
        name = "memory.usage_in_bytes" if self.paths.version == "v1" else "memory.current"
        (text,) = self.node.read_texts([f"{self.paths.directories(level).memory}/{name}"])
        return None if text is None else int(text)

    def oom_kills(self, level: Level) -> int | None:
        """How many processes the kernel's OOM killer ended.

        On v2 the pod's counter includes its containers'. On v1 a cgroup counts only its own processes, so the pod's
        counter stays zero; read the container's (``mem_cgroup_oom_control_read`` in ``mm/memcontrol-v1.c``).
        """
        name = "memory.oom_control" if self.paths.version == "v1" else "memory.events"
        (text,) = self.node.read_texts([f"{self.paths.directories(level).memory}/{name}"])
        return None if text is None else _fields(text).get("oom_kill", 0)

    def oom_group_kills(self, level: Level) -> int | None:
        """How many cgroups at or below this one were ended whole, as ``memory.oom.group`` says; v2 only."""
        (text,) = self.node.read_texts([f"{self.paths.directories(level).memory}/memory.events"])
        return None if text is None else _fields(text).get("oom_group_kill", 0)

    def text(self, level: Level, name: str) -> str:
        """What a file of a v2 cgroup says, without the line's end.

        Raises:
            FileNotFoundError: There is none: the cgroup is gone, or of version 1.
        """
        return self.node.read_text(f"{self.paths.directories(level).memory}/{name}").rstrip("\n")


def read_limits(node: Node, wanted: Sequence[tuple[CgroupPaths, Level]]) -> list[CgroupReading | None]:
    """The limits of several cgroups of one node in one go, so that it can be done every 20 ms on any kind of node.

    Three files a cgroup on v2, four on v1. None for a cgroup that is gone.

    Raises:
        ValueError: A file holds something else than its documentation says.
    """
    files = [_limit_files(paths, level) for paths, level in wanted]
    texts = iter(node.read_texts([file for group in files for file in group]))
    now = time.monotonic()
    readings = []
    for (paths, level), group in zip(wanted, files, strict=True):
        values = [next(texts) for _ in group]
        present = [value for value in values if value is not None]
        readings.append(_reading(paths, level, present, now) if len(present) == len(group) else None)
    return readings


def _limit_files(paths: CgroupPaths, level: Level) -> list[str]:
    at = paths.directories(level)
    return [file.format(cpu=at.cpu, memory=at.memory) for file in _LIMIT_FILES[paths.version]]


def _reading(paths: CgroupPaths, level: Level, texts: Sequence[str], now_s: float) -> CgroupReading:
    """What the files of :data:`_LIMIT_FILES` say."""
    shares: int | None = None
    weight: int | None = None
    if paths.version == "v1":
        quota, period, shares, memory = _v1_quota(texts[0]), int(texts[1]), int(texts[2]), _v1_memory(texts[3])
    else:
        quota_text, period_text = texts[0].split()
        quota, period, weight, memory = _v2_value(quota_text), int(period_text), int(texts[1]), _v2_value(texts[2])
    return CgroupReading(
        at_monotonic_s=now_s,
        level=level,
        version=paths.version,
        directories=paths.directories(level),
        cpu_quota_us=quota,
        cpu_period_us=period,
        cpu_shares=shares,
        cpu_weight=weight,
        memory_limit_bytes=memory,
    )


def _v1_quota(text: str) -> int | None:
    """``cpu.cfs_quota_us``, where -1 means no limit."""
    quota = int(text)
    return None if quota < 0 else quota


def _v1_memory(text: str) -> int | None:
    """``memory.limit_in_bytes``, where the largest number of pages (9223372036854771712 bytes) means no limit."""
    limit = int(text)
    return None if limit >= _V1_UNLIMITED_BYTES else limit


def _v2_value(text: str) -> int | None:
    """A v2 limit, where "max" means no limit."""
    text = text.strip()
    return None if text == "max" else int(text)


def _fields(text: str) -> dict[str, int]:
    """The lines of a flat keyed file, such as ``nr_periods 12``."""
    return {name: int(value) for name, value in (line.split() for line in text.splitlines() if line.strip())}
