from __future__ import annotations

from dataclasses import replace

import pytest

from resize.cgroup import CgroupReading
from resize.cgroup_expected import expected_container, expected_pod, pod_total
from resize.cgroup_paths import CgroupDirectories
from resize.resources import Resources

V2 = CgroupReading(
    at_monotonic_s=1.0,
    level="container",
    version="v2",
    directories=CgroupDirectories("/sys/fs/cgroup/pod/c", "/sys/fs/cgroup/pod/c", "/sys/fs/cgroup/pod/c"),
    cpu_quota_us=30_000,
    cpu_period_us=100_000,
    cpu_shares=None,
    cpu_weight=40,
    memory_limit_bytes=249_999_360,
)
V1 = replace(
    V2,
    version="v1",
    directories=CgroupDirectories("/cg/cpu/c", "/cg/cpuacct/c", "/cg/memory/c"),
    cpu_shares=307,
    cpu_weight=None,
)
SEED = Resources.guaranteed(cpu="300m", memory="250M")


def test_the_seeds_values_match_on_both_versions_and_with_both_weights() -> None:
    v2 = expected_container(SEED, "v2", "cgroupfs")
    assert v2.mismatches(V2) == []
    assert v2.mismatches(replace(V2, cpu_weight=12)) == []
    assert v2.matches(V2)
    assert expected_container(SEED, "v1", "cgroupfs").mismatches(V1) == []


def test_only_the_known_formula_gives_the_right_weight() -> None:
    assert expected_container(SEED, "v2", "cgroupfs", weight="quadratic").matches(V2)
    assert not expected_container(SEED, "v2", "cgroupfs", weight="linear").matches(V2)
    pod = replace(V2, level="pod", cpu_weight=12)
    assert expected_pod([SEED], "v2", "cgroupfs", weight="linear").matches(pod)
    assert expected_pod([SEED], "v2", "cgroupfs", weight="quadratic").mismatches(pod) == [
        (
            "pod cgroup: /sys/fs/cgroup/pod/c/cpu.weight is 12, "
            "accepted: 40 (quadratic from 307 shares, as runc >= 1.3.2, crun >= 1.23)"
        )
    ]


def test_a_mismatch_names_file_value_and_every_accepted_value_with_its_source() -> None:
    wrong = replace(V2, cpu_quota_us=60_000, cpu_weight=41, memory_limit_bytes=None)
    lines = expected_container(SEED, "v2", "cgroupfs").mismatches(wrong)
    assert lines == [
        (
            "container cgroup: /sys/fs/cgroup/pod/c/cpu.max (quota) is 60000 us, accepted: "
            "30000 us (exact: 300m of 100000 us, at least 1000, kubelet MilliCPUToQuota)"
        ),
        (
            "container cgroup: /sys/fs/cgroup/pod/c/cpu.weight is 41, accepted: "
            "12 (linear from 307 shares, as the kubelet, runc <= 1.3.1, crun <= 1.22) or "
            "40 (quadratic from 307 shares, as runc >= 1.3.2, crun >= 1.23)"
        ),
        (
            "container cgroup: /sys/fs/cgroup/pod/c/memory.max is no limit, accepted: "
            "249999360 bytes (250000000 bytes in whole pages of 4096, rounded down by the kernel)"
        ),
    ]


def test_v1_mismatches_name_the_files_of_each_controller() -> None:
    wrong = replace(V1, cpu_quota_us=None, cpu_period_us=50_000, cpu_shares=2, memory_limit_bytes=1)
    files = [line.split()[2] for line in expected_container(SEED, "v1", "cgroupfs").mismatches(wrong)]
    assert files == [
        "/cg/cpu/c/cpu.cfs_quota_us",
        "/cg/cpu/c/cpu.cfs_period_us",
        "/cg/cpu/c/cpu.shares",
        "/cg/memory/c/memory.limit_in_bytes",
    ]


def test_memory_that_was_not_rounded_is_wrong() -> None:
    expected = expected_container(SEED, "v2", "cgroupfs")
    assert not expected.matches(replace(V2, memory_limit_bytes=250_000_000))


def test_a_quota_rounded_by_systemd_is_accepted_with_that_driver_only() -> None:
    resources = SEED.with_cpu("25m")
    weight = replace(V2, cpu_weight=1)
    for quota, driver_accepts, other_accepts in ((2500, True, True), (3000, True, False), (3500, False, False)):
        reading = replace(weight, cpu_quota_us=quota)
        assert expected_container(resources, "v2", "systemd").matches(reading) is driver_accepts
        assert expected_container(resources, "v2", "cgroupfs").matches(reading) is other_accepts


def test_without_limits_nothing_is_limited() -> None:
    expected = expected_container(Resources(), "v2", "systemd")
    assert expected.matches(replace(V2, cpu_quota_us=None, cpu_weight=1, memory_limit_bytes=None))
    assert len(expected.mismatches(V2)) == 3


def test_a_missing_request_counts_as_the_limit_but_zero_does_not() -> None:
    only_limit = Resources.of(cpu_limit="300m", memory_limit="250M")
    assert expected_container(only_limit, "v2", "cgroupfs").matches(V2)
    zero = only_limit.with_changes(cpu_request_milli=0)
    assert expected_container(zero, "v2", "cgroupfs").matches(replace(V2, cpu_weight=1))


def test_a_cgroup_that_is_gone_does_not_match() -> None:
    assert not expected_container(SEED, "v2", "cgroupfs").matches(None)


def test_a_reading_of_another_level_or_version_is_a_mistake() -> None:
    expected = expected_container(SEED, "v2", "cgroupfs")
    for other in (replace(V2, level="pod"), V1):
        with pytest.raises(ValueError, match="compared with a reading of the"):
            expected.mismatches(other)


def test_pod_limits_need_every_container() -> None:
    limited, requested = Resources.guaranteed(cpu="100m", memory="100M"), Resources.of(cpu_request="50m")
    assert pod_total([limited, limited]) == Resources.guaranteed(cpu="200m", memory="200M")
    assert pod_total([limited, requested]) == Resources(cpu_request_milli=150, memory_request_bytes=100_000_000)
    assert pod_total([limited, limited.with_changes(cpu_limit_milli=0)]).cpu_limit_milli is None
    assert pod_total([]) == Resources(cpu_request_milli=0, memory_request_bytes=0)


def test_pod_requests_fall_back_to_limits_container_by_container() -> None:
    only_limit = Resources.of(cpu_limit="300m", memory_limit="64Mi")
    total = pod_total([only_limit, Resources.of(cpu_request="100m", cpu_limit="1", memory_limit="64Mi")])
    assert total.cpu_request_milli == 400
    assert total.memory_request_bytes == 2 * 64 * 2**20


def test_pod_values_are_rounded_once_after_summing() -> None:
    small = Resources.guaranteed(cpu="6m", memory="150M")
    expected = expected_pod([small, small], "v1", "cgroupfs")
    reading = replace(V1, level="pod", cpu_quota_us=1200, cpu_shares=12, memory_limit_bytes=299_999_232)
    assert expected.mismatches(reading) == []
    # Twice the container's own rounded values would be 2000 and 2 * 149999616.
    assert len(expected.mismatches(replace(reading, cpu_quota_us=2000, memory_limit_bytes=2 * 149_999_616 - 4096))) == 2
