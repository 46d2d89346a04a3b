"""From CPU and memory quantities to the numbers in cgroup files, by the rules of the kubelet, runc and the kernel.

Sources, read at v1.30.14 and v1.37.2 where not said otherwise:

* kubelet: ``pkg/kubelet/cm/helpers_linux.go`` (``MilliCPUToShares``, ``MilliCPUToQuota``, ``ResourceConfigForPod``).
* runc: ``ConvertCPUSharesToCgroupV2Value`` in ``libcontainer/cgroups/utils.go`` up to runc 1.3.1 (read at 1.1.12), and
  in ``utils.go`` of ``github.com/opencontainers/cgroups`` from 0.0.3 on (read at 0.0.7), part of runc since 1.3.2.
* crun: ``convert_shares_to_weight`` in ``src/libcrun/cgroup-internal.h``, the same two (read at 1.8.1 and 1.29.1).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How a CPU request becomes ``cpu.weight``: the two functions below.
WeightFormula = Literal["linear", "quadratic"]
#: The first versions that compute the weight by the curve: opencontainers/runc#4896 and its CHANGELOG; crun's NEWS.
_QUADRATIC_SINCE: Final = {"runc": (1, 3, 2), "crun": (1, 23)}

#: The kernel's bounds for cpu.shares (kubelet ``MinShares``, ``MaxShares``).
MIN_SHARES: Final = 2
MAX_SHARES: Final = 262144
#: The kubelet's default for ``cpuCFSQuotaPeriod``, which the local clusters keep.
PERIOD_US: Final = 100_000
#: The kernel takes no quota under a millisecond (kubelet ``MinQuotaPeriod``).
MIN_QUOTA_US: Final = 1_000
#: Page size of x86-64 and of most arm64 kernels.
PAGE_BYTES: Final = 4096


def cpu_shares(request_milli: int) -> int:
    """``cpu.shares`` for a CPU request: 1024 for each CPU, rounded down, within the kernel's bounds.

    A request of zero gives the smallest value, as the kernel's own default would be a whole CPU (``MilliCPUToShares``).
    """
    return min(max(request_milli * 1024 // 1000, MIN_SHARES), MAX_SHARES)


def cpu_weight_linear(shares: int) -> int:
    """``cpu.weight`` as runc up to 1.3.1 and ``opencontainers/cgroups`` before 0.0.3 compute it.

    Both the runtime (container cgroup) and the kubelet (pod cgroup) bring their own copy of this function, so one pod
    can show both formulas (kubernetes/kubernetes#131216, #137628).
    """
    return 1 + (shares - MIN_SHARES) * 9999 // 262142


def cpu_weight_quadratic(shares: int) -> int:
    """``cpu.weight`` as runc from 1.3.2 and ``opencontainers/cgroups`` from 0.0.3 on compute it.

    The curve meets the smallest, the default and the largest value of both scales: 2 and 1, 1024 and 100, 262144 and
    10000 (opencontainers/runc#4896).
    """
    if shares <= MIN_SHARES:
        return 1
    if shares >= MAX_SHARES:
        return 10_000
    log = math.log2(shares)
    return math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34))


def cpu_weight(shares: int, formula: WeightFormula) -> int:
    """``cpu.weight`` by one of the two formulas."""
    return cpu_weight_linear(shares) if formula == "linear" else cpu_weight_quadratic(shares)


def container_weight_formula(components: Mapping[str, str]) -> WeightFormula | None:
    """The formula of a cluster's OCI runtime; None where it is neither known to be runc nor crun.

    Args:
        components: Versions by component name, such as ``{"runc": "1.5.2"}``.
    """
    for name, since in _QUADRATIC_SINCE.items():
        found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", components.get(name, ""))
        if found is not None:
            return "quadratic" if tuple(int(part or 0) for part in found.groups()) >= since else "linear"
    return None


def cpu_quota_us(limit_milli: int, period_us: int = PERIOD_US) -> int:
    """Microseconds of CPU in each period for a CPU limit, a millisecond at least (``MilliCPUToQuota``)."""
    return max(limit_milli * period_us // 1000, MIN_QUOTA_US)


def cpu_quota_systemd_us(limit_milli: int, period_us: int = PERIOD_US) -> int:
    """The quota after systemd rounded it up to the next 10 ms of CPU in each second, which is 10 milli-CPU.

    systemd keeps a quota as ``CPUQuotaPerSecUSec`` in steps of 10 ms. runc writes the exact value too, so either may be
    the last one written (KEP-1287, Actuating Resizes; opencontainers/runc#4622; kubernetes/kubernetes#129357).
    """
    step_us = period_us // 100
    return math.ceil(cpu_quota_us(limit_milli, period_us) / step_us) * step_us


def memory_limit_pages(limit_bytes: int, page_bytes: int = PAGE_BYTES) -> int:
    """A memory limit as the kernel gives it back: whole pages, rounded down, so 250M reads as 249999360.

    Source: ``page_counter_memparse`` in the kernel's ``mm/page_counter.c``, the same for both cgroup versions.
    """
    return limit_bytes // page_bytes * page_bytes
