"""Which values the cgroup files may show for given resources, and why.

Some values have more than one right answer: runtimes changed their formula for ``cpu.weight``, so that both are right
where the runtime is not known, and systemd rounds a quota that the runtime writes exactly. The sets of answers are
computed here; upstream's e2e tests accept the
same ones (``test/e2e/common/node/framework/cgroups`` of Kubernetes), but for memory, which they never choose so that it
is not a whole number of pages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from resize.cgroup_formula import (
    PAGE_BYTES,
    PERIOD_US,
    WeightFormula,
    cpu_quota_systemd_us,
    cpu_quota_us,
    cpu_shares,
    cpu_weight,
    memory_limit_pages,
)
from resize.podlevel import laid_over, passed_on
from resize.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resize.cgroup import CgroupReading
    from resize.cgroup_paths import CgroupDriver, CgroupVersion, Level
    from resize.podview import ContainerKind


@dataclass(frozen=True, slots=True)
class Accepted:
    """One right value (None: no limit) and the rule that it comes from."""

    value: int | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCgroup:
    """The right values of one cgroup. ``cpu_priority`` is cpu.shares on v1 and cpu.weight on v2."""

    level: Level
    version: CgroupVersion
    cpu_quota_us: tuple[Accepted, ...]
    cpu_period_us: tuple[Accepted, ...]
    cpu_priority: tuple[Accepted, ...]
    memory_limit_bytes: tuple[Accepted, ...]

    def mismatches(self, reading: CgroupReading) -> list[str]:
        """One line for each wrong value: the file, what it holds, what is accepted and by which rule.

        Raises:
            ValueError: The reading is of another level or cgroup version.
        """
        if (reading.level, reading.version) != (self.level, self.version):
            raise ValueError(
                f"expected values for the {self.level} cgroup on {self.version} "
                f"compared with a reading of the {reading.level} cgroup on {reading.version}"
            )
        cpu, memory = reading.directories.cpu, reading.directories.memory
        if self.version == "v1":
            quota_file, period_file, priority_file = "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.shares"
            priority, memory_file = reading.cpu_shares, "memory.limit_in_bytes"
        else:
            quota_file, period_file, priority_file = "cpu.max (quota)", "cpu.max (period)", "cpu.weight"
            priority, memory_file = reading.cpu_weight, "memory.max"
        checks = (
            (f"{cpu}/{quota_file}", reading.cpu_quota_us, self.cpu_quota_us, "us"),
            (f"{cpu}/{period_file}", reading.cpu_period_us, self.cpu_period_us, "us"),
            (f"{cpu}/{priority_file}", priority, self.cpu_priority, ""),
            (f"{memory}/{memory_file}", reading.memory_limit_bytes, self.memory_limit_bytes, "bytes"),
        )
        return [
            f"{self.level} cgroup: {file} is {_text(actual, unit)}, accepted: "
            + " or ".join(f"{_text(right.value, unit)} ({right.source})" for right in accepted)
            for file, actual, accepted, unit in checks
            if actual not in {right.value for right in accepted}
        ]

    def matches(self, reading: CgroupReading | None) -> bool:
        """Whether every value is right; a cgroup that is gone (None) does not match."""
        return reading is not None and not self.mismatches(reading)


def expected_container(
    resources: Resources,
    version: CgroupVersion,
    driver: CgroupDriver,
    *,
    weight: WeightFormula | None = None,
    page_bytes: int = PAGE_BYTES,
    pod_level: Resources | None = None,
) -> ExpectedCgroup:
    """The right values of a container's cgroup.

    A CPU request that is missing counts as the limit, if there is one (``calculateLinuxResources`` in
    ``pkg/kubelet/kuberuntime/kuberuntime_container_linux.go``). Where that is the pod's, the least weight is
    right as well, as an update in place leaves it (kubernetes#135260). Upstream's cases don't look at it; one of ours
    does.

    Args:
        resources: The container's.
        version: The node's cgroup version.
        driver: The node's cgroup driver.
        weight: The runtime's formula for ``cpu.weight``; None: not known, and either is right.
        page_bytes: The node's page size.
        pod_level: The pod's own resources, whose limits count for a container without any.
    """
    right = _expected("container", passed_on(resources, pod_level), version, driver, weight, page_bytes)
    if pod_level is None or resources.cpu_request_milli is not None or resources.cpu_limit_milli:
        return right
    least = _expected("container", Resources(), version, driver, weight, page_bytes)
    return replace(right, cpu_priority=(*right.cpu_priority, *least.cpu_priority))


def expected_pod(
    containers: Sequence[Resources],
    version: CgroupVersion,
    driver: CgroupDriver,
    *,
    weight: WeightFormula | None = None,
    page_bytes: int = PAGE_BYTES,
    init: Sequence[tuple[ContainerKind, Resources]] = (),
    pod_level: Resources | None = None,
) -> ExpectedCgroup:
    """The right values of a pod's cgroup, for a pod without overhead.

    Args:
        containers: All that run side by side: the containers and the sidecars.
        version: The node's cgroup version.
        driver: The node's cgroup driver.
        weight: The kubelet's formula for ``cpu.weight``; None: not known, and either is right.
        page_bytes: The node's page size.
        init: The sidecars and the init containers, in the spec's order; an init container counts, even when it is over.
        pod_level: The pod's own resources (KEP-2837), which count where there are any, instead of the sums.
    """
    total = laid_over(pod_total(containers, init), pod_level)
    return _expected("pod", total, version, driver, weight, page_bytes)


def pod_total(containers: Sequence[Resources], init: Sequence[tuple[ContainerKind, Resources]] = ()) -> Resources:
    """What a pod's cgroup is set for: the sum of the requests, and of each limit that every container has.

    While an init container runs, the sidecars before it do too: the largest of these sums counts if it is larger
    (``AggregateContainerRequests`` in ``k8s.io/component-helpers/resource/helpers.go`` v0.37.2, KEP-753).

    Source: ``ResourceConfigForPod`` in ``pkg/kubelet/cm/helpers_linux.go``; a limit of zero counts as none there. That
    a missing request counts as the limit is the API server's defaulting (``SetDefaults_Pod``, ``pkg/apis/core/v1``).
    """
    totals = [_sum(containers)]
    sidecars: list[Resources] = []
    for kind, resources in init:
        if kind == "sidecar":
            sidecars.append(resources)
        else:
            totals.append(_sum([*sidecars, resources]))
    return Resources(
        cpu_request_milli=max(total.cpu_request_milli or 0 for total in totals),
        cpu_limit_milli=_largest([total.cpu_limit_milli for total in totals]),
        memory_request_bytes=max(total.memory_request_bytes or 0 for total in totals),
        memory_limit_bytes=_largest([total.memory_limit_bytes for total in totals]),
    )


def _sum(containers: Sequence[Resources]) -> Resources:
    """What containers that run side by side have together."""
    return Resources(
        cpu_request_milli=sum(_request(c.cpu_request_milli, c.cpu_limit_milli) or 0 for c in containers),
        cpu_limit_milli=_limit_total([c.cpu_limit_milli for c in containers]),
        memory_request_bytes=sum(_request(c.memory_request_bytes, c.memory_limit_bytes) or 0 for c in containers),
        memory_limit_bytes=_limit_total([c.memory_limit_bytes for c in containers]),
    )


def _expected(
    level: Level,
    resources: Resources,
    version: CgroupVersion,
    driver: CgroupDriver,
    weight: WeightFormula | None,
    page_bytes: int,
) -> ExpectedCgroup:
    request_milli = _request(resources.cpu_request_milli, resources.cpu_limit_milli) or 0
    return ExpectedCgroup(
        level=level,
        version=version,
        cpu_quota_us=_quotas(resources.cpu_limit_milli, driver),
        cpu_period_us=(Accepted(PERIOD_US, "kubelet's default for cpuCFSQuotaPeriod"),),
        cpu_priority=_shares(request_milli) if version == "v1" else _weights(request_milli, weight),
        memory_limit_bytes=_memory(resources.memory_limit_bytes, page_bytes),
    )


def _quotas(limit_milli: int | None, driver: CgroupDriver) -> tuple[Accepted, ...]:
    if not limit_milli:
        return (Accepted(None, "no CPU limit"),)
    exact = Accepted(
        cpu_quota_us(limit_milli), f"exact: {limit_milli}m of 100000 us, at least 1000, kubelet MilliCPUToQuota"
    )
    rounded = cpu_quota_systemd_us(limit_milli)
    if driver == "systemd" and rounded != exact.value:
        return exact, Accepted(rounded, "rounded up to 10 ms of each second by systemd, runc#4622")
    return (exact,)


def _shares(request_milli: int) -> tuple[Accepted, ...]:
    return (Accepted(cpu_shares(request_milli), f"{request_milli}m * 1024 / 1000, kubelet MilliCPUToShares"),)


#: Who computes a weight by which formula, for messages.
_USERS: Final[dict[WeightFormula, str]] = {
    "linear": "the kubelet, runc <= 1.3.1, crun <= 1.22",
    "quadratic": "runc >= 1.3.2, crun >= 1.23",
}


def _weights(request_milli: int, formula: WeightFormula | None) -> tuple[Accepted, ...]:
    shares = cpu_shares(request_milli)
    formulas = list(_USERS) if formula is None else [formula]
    accepted = [
        Accepted(cpu_weight(shares, name), f"{name} from {shares} shares, as {_USERS[name]}") for name in formulas
    ]
    return tuple(accepted if len({right.value for right in accepted}) > 1 else accepted[:1])


def _memory(limit_bytes: int | None, page_bytes: int) -> tuple[Accepted, ...]:
    if not limit_bytes:
        return (Accepted(None, "no memory limit"),)
    pages = memory_limit_pages(limit_bytes, page_bytes)
    return (Accepted(pages, f"{limit_bytes} bytes in whole pages of {page_bytes}, rounded down by the kernel"),)


def _request(request: int | None, limit: int | None) -> int | None:
    return limit if request is None else request


def _limit_total(limits: list[int | None]) -> int | None:
    """The sum of the limits, None where one is missing or zero."""
    present = [limit for limit in limits if limit]
    return sum(present) if present and len(present) == len(limits) else None


def _largest(limits: list[int | None]) -> int | None:
    """The largest limit; none where one container has none."""
    present = [limit for limit in limits if limit]
    return max(present) if len(present) == len(limits) else None


def _text(value: int | None, unit: str) -> str:
    return "no limit" if value is None else f"{value} {unit}".rstrip()
