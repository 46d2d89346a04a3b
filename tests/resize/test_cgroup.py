from __future__ import annotations

import errno
import time

import pytest

from resize.cgroup import CgroupReader, CpuStat
from resize.cgroup_paths import CgroupDirectories, CgroupPaths
from tests.resize.node_of_files import NodeOfFiles

V1_PATHS = CgroupPaths(
    "v1",
    CgroupDirectories("/cpu/p/c", "/acct/p/c", "/mem/p/c"),
    CgroupDirectories("/cpu/p", "/acct/p", "/mem/p"),
)
UPTIME = {"/proc/uptime": "812.34 1600.01\n"}
V1_FILES = UPTIME | {
    "/cpu/p/c/cpu.cfs_quota_us": "30000\n",
    "/cpu/p/c/cpu.cfs_period_us": "100000\n",
    "/cpu/p/c/cpu.shares": "307\n",
    "/cpu/p/c/cpu.stat": "nr_periods 120\nnr_throttled 100\nthrottled_time 4500000999\nnr_bursts 0\n",
    "/acct/p/c/cpuacct.usage": "1234567890\n",
    "/mem/p/c/memory.limit_in_bytes": "249999360\n",
    "/mem/p/c/memory.usage_in_bytes": "135327744\n",
    "/mem/p/c/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    "/cpu/p/cpu.cfs_quota_us": "-1\n",
    "/cpu/p/cpu.cfs_period_us": "100000\n",
    "/cpu/p/cpu.shares": "2\n",
    "/mem/p/memory.limit_in_bytes": "9223372036854771712\n",
}
V2_PATHS = CgroupPaths(
    "v2", CgroupDirectories("/cg/p/c", "/cg/p/c", "/cg/p/c"), CgroupDirectories("/cg/p", "/cg/p", "/cg/p")
)
V2_FILES = UPTIME | {
    "/cg/p/c/cpu.max": "30000 100000\n",
    "/cg/p/c/cpu.weight": "40\n",
    "/cg/p/c/memory.max": "249999360\n",
    "/cg/p/c/memory.current": "135327744\n",
    "/cg/p/c/memory.events": "low 0\nhigh 0\nmax 12\noom 3\noom_kill 3\noom_group_kill 0\n",
    "/cg/p/c/cpu.stat": (
        "usage_usec 1234567\nuser_usec 1\nsystem_usec 1\nnr_periods 120\nnr_throttled 100\nthrottled_usec 4500000\n"
    ),
    "/cg/p/cpu.max": "max 100000\n",
    "/cg/p/cpu.weight": "1\n",
    "/cg/p/memory.max": "max\n",
    "/cg/p/cpu.stat": "usage_usec 5\nuser_usec 5\nsystem_usec 0\n",
}


def test_v1_limits() -> None:
    before = time.monotonic()
    node = NodeOfFiles(V1_FILES)
    reading = CgroupReader(node, V1_PATHS).read("container")
    assert reading is not None
    assert before <= reading.at_monotonic_s <= time.monotonic()
    assert reading.values == (30_000, 100_000, 307, None, 249_999_360)
    assert (reading.level, reading.version, reading.directories) == ("container", "v1", V1_PATHS.container)
    assert reading.describe() == "cpu 30000/100000 us, cpu.shares 307, memory 249999360 bytes"
    assert len(node.read_paths) == 4


def test_v2_limits() -> None:
    node = NodeOfFiles(V2_FILES)
    reading = CgroupReader(node, V2_PATHS).read("container")
    assert reading is not None
    assert reading.values == (30_000, 100_000, None, 40, 249_999_360)
    assert reading.describe() == "cpu 30000/100000 us, cpu.weight 40, memory 249999360 bytes"
    assert len(node.read_paths) == 3


@pytest.mark.parametrize(("files", "paths"), [(V1_FILES, V1_PATHS), (V2_FILES, V2_PATHS)])
def test_no_limit_reads_as_none(files: dict[str, str], paths: CgroupPaths) -> None:
    reading = CgroupReader(NodeOfFiles(files), paths).read("pod")
    assert reading is not None
    assert (reading.cpu_quota_us, reading.memory_limit_bytes) == (None, None)
    assert reading.describe().startswith("cpu no limit, ")
    assert reading.describe().endswith("memory no limit")


def test_no_memory_limit_with_pages_of_64_kib() -> None:
    files = V1_FILES | {"/mem/p/c/memory.limit_in_bytes": "9223372036854710272\n"}
    reading = CgroupReader(NodeOfFiles(files), V1_PATHS).read("container")
    assert reading is not None
    assert reading.memory_limit_bytes is None


def test_counters() -> None:
    v1, v2 = CgroupReader(NodeOfFiles(V1_FILES), V1_PATHS), CgroupReader(NodeOfFiles(V2_FILES), V2_PATHS)
    assert v1.cpu_stat("container") == CpuStat(120, 100, throttled_us=4_500_000, usage_us=1_234_567, at_s=812.34)
    assert v2.cpu_stat("container") == CpuStat(120, 100, throttled_us=4_500_000, usage_us=1_234_567, at_s=812.34)
    # Without the CPU controller the kernel leaves the throttling out.
    assert v2.cpu_stat("pod") == CpuStat(0, 0, 0, 5, at_s=812.34)
    assert v1.memory_usage_bytes("container") == v2.memory_usage_bytes("container") == 135_327_744
    assert v1.oom_kills("container") == 2
    assert v2.oom_kills("container") == 3
    assert v2.oom_group_kills("container") == 0
    assert v2.text("container", "cpu.max") == "30000 100000"


@pytest.mark.parametrize("paths", [V1_PATHS, V2_PATHS])
def test_a_cgroup_that_is_gone_reads_as_none(paths: CgroupPaths) -> None:
    reader = CgroupReader(NodeOfFiles({}), paths)
    assert reader.read("container") is None
    assert reader.cpu_stat("pod") is None
    assert reader.memory_usage_bytes("container") is None
    assert reader.oom_kills("container") is None


def test_a_cgroup_that_goes_between_two_files_reads_as_none() -> None:
    removed = {"/cg/p/c/memory.max": OSError(errno.ENODEV, "No such device")}
    assert CgroupReader(NodeOfFiles(V2_FILES, removed), V2_PATHS).read("container") is None


def test_other_errors_are_not_taken_for_a_cgroup_that_is_gone() -> None:
    denied = {"/cg/p/c/cpu.max": PermissionError(errno.EACCES, "Permission denied")}
    with pytest.raises(PermissionError):
        CgroupReader(NodeOfFiles(V2_FILES, denied), V2_PATHS).read("container")
