"""Cgroup readings that are right for given resources, made by the same rules as the suite's expectation."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from resize.cgroup import CgroupReading
from resize.cgroup_expected import expected_container
from resize.cgroup_paths import CgroupDirectories

if TYPE_CHECKING:
    from resize.cgroup_paths import Level
    from resize.resources import Resources

POD_DIRECTORY = "/sys/fs/cgroup/kubepods/pod31ac1e5a"


def reading(resources: Resources, level: Level = "container", *, memory_bytes: int | None = None) -> CgroupReading:
    """A v2 reading; ``memory_bytes`` replaces the right memory limit."""
    right = expected_container(resources, "v2", "cgroupfs")
    directory = POD_DIRECTORY if level == "pod" else f"{POD_DIRECTORY}/container"
    made = CgroupReading(
        at_monotonic_s=time.monotonic(),
        level=level,
        version="v2",
        directories=CgroupDirectories(directory, directory, directory),
        cpu_quota_us=right.cpu_quota_us[0].value,
        cpu_period_us=right.cpu_period_us[0].value or 0,
        cpu_shares=None,
        cpu_weight=right.cpu_priority[0].value,
        memory_limit_bytes=right.memory_limit_bytes[0].value,
    )
    return made if memory_bytes is None else replace(made, memory_limit_bytes=memory_bytes)
