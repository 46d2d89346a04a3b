"""The figures of the seeds in a pod's cgroup, written down in the cases, independent of how they are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resize.chain import Chain

#: CPU quotas are for periods of this length (``QuotaPeriod`` in ``pkg/kubelet/cm/helpers_linux.go``).
PERIOD_US = 100_000


def assert_pod_cgroup(chain: Chain, *, memory_bytes: int | None = None, cpu_quota_us: int | None = None) -> None:
    """Check limits of the pod's cgroup in a settled reading; where cgroups can't be read there is nothing to check.

    Args:
        chain: The reading.
        memory_bytes: The memory limit, in whole pages; None if it does not matter.
        cpu_quota_us: CPU time in each period; None if it does not matter.
    """
    __tracebackhide__ = True
    if not chain.node_access:
        return
    found = chain.pod_cgroup
    assert found is not None, "the pod's cgroup is gone"
    if memory_bytes is not None:
        assert found.memory_limit_bytes == memory_bytes, f"the pod's cgroup: {found.describe()}"
    if cpu_quota_us is not None:
        quota = (found.cpu_quota_us, found.cpu_period_us)
        assert quota == (cpu_quota_us, PERIOD_US), f"the pod's cgroup: {found.describe()}"
