"""How much CPU a workload really gets: by the kernel's counters, and by ``kubectl top``."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import tenacity

from clusters.contract import ClusterError
from resize.kubectl import Kubectl, Usage
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from resize.cgroup import CpuStat
    from resize.pod import ResizablePod

#: How far a settled figure may be from the limit: a scrape's window can hold the time before a resize in part.
TOLERANCE = 0.2
#: Over twenty periods of 100 ms the quota's rounding at either end is at most a twentieth.
WINDOW_S = 2.0
#: A workload that wants more than it gets runs out of its quota in nearly every period; a busy host blurs some.
THROTTLED_SHARE = 0.5
#: A thread that runs or is throttled does not wait for a CPU, but for a moment at each turn.
WAITED_SHARE = 0.25
#: How long other work on the node may keep a workload from its share: a pod's start takes a small node ten seconds.
BUSY_S = 30.0
#: The workload's own memory: what the seeds saw, give or take the page cache and the shell.
MEMORY_TOLERANCE_MIB = 9


class Measures(Protocol):
    """Where figures for the report go: the case's record."""

    def measure(self, name: str, value: float, unit: str, *, expected: str = "") -> None:
        """Show a figure under this name."""


class TopWatch:
    """Follows one pod's line of ``kubectl top``, and notes each new one in the pod's timeline."""

    def __init__(self, kubectl: Kubectl, pod: ResizablePod, measures: Measures) -> None:
        self._kubectl = kubectl
        self._pod = pod
        self._measures = measures

    def until_cpu(self, when: str, *, milli: int) -> None:
        """Wait until the line's CPU is about what it should be, and show it in the report as "kubectl top, WHEN".

        Raises:
            ConformanceError: It never was.
            ClusterError: It was not, and the workload did not get that much from the node either.
        """
        __tracebackhide__ = True
        begun = time.monotonic()
        try:
            usage = self._until(lambda u: abs(u.cpu_milli - milli) <= milli * TOLERANCE, f"about {milli}m")
        except ConformanceError:
            if self._pod.observer.sees_cgroups:
                require_cpu(_window(self._pod), milli)
            raise
        self._measures.measure(f"kubectl top, {when}: CPU", usage.cpu_milli, "milli-CPU", expected=f"about {milli}")
        self._measures.measure(f"kubectl top, {when}: CPU settled after", time.monotonic() - begun, "s")

    def until_memory(self, when: str, *, mib: int) -> None:
        """Wait until the line's memory is about what it should be, and show it in the report as "kubectl top, WHEN".

        The workload must hold it: a line shows one moment of the last half minute.

        Raises:
            ConformanceError: It never was.
        """
        __tracebackhide__ = True
        usage = self._until(lambda u: abs(u.memory_bytes / 2**20 - mib) <= MEMORY_TOLERANCE_MIB, f"about {mib}Mi")
        self._measures.measure(
            f"kubectl top, {when}: memory", usage.memory_bytes / 2**20, "Mi", expected=f"about {mib}"
        )

    def _until(self, right: Callable[[Usage], bool], what: str) -> Usage:
        __tracebackhide__ = True
        return self._kubectl.until_top(
            self._pod.name,
            right,
            what=what,
            on_usage=lambda u: self._pod.observer.note(f"kubectl top: {u.cpu_milli}m {u.memory_bytes / 2**20:.0f}Mi"),
        )


@dataclass(frozen=True, slots=True)
class _Window:
    """What a pod did with its CPU quota for a while.

    Attributes:
        used_milli: Its usage.
        throttled: In which share of the periods it ran out.
        waited: For which share of the time a single thread was neither run nor throttled.
        counters: What the kernel says, before and after.
    """

    used_milli: float
    throttled: float
    waited: float
    counters: str


def require_cpu(window: _Window, cpu_milli: int) -> None:
    """Make sure that what held a greedy workload back was its quota, if anything.

    Raises:
        ClusterError: It got too little and waited for more: other work has the CPU, and nothing is known of limits.
    """
    # One that uses nothing at all is not short of CPU, but gone.
    if 0 < window.used_milli < cpu_milli * (1 - TOLERANCE) and window.waited > WAITED_SHARE:
        raise ClusterError(
            f"the node's CPU is short: a workload that wants more got {window.used_milli:.0f}m of {cpu_milli}m, "
            f"and waited for it {window.waited:.0%} of the time, not being throttled. Run fewer cases at a time (-n), "
            f"or end what else runs on the machine.\n{window.counters}"
        )


def assert_held_to(pod: ResizablePod, measures: Measures, when: str, *, cpu_milli: int) -> None:
    """Measure that a greedy workload gets what its limit allows, and is throttled all the time.

    Beside others on a busy node it may get less than its limit for a while, and never more: so each window of two
    seconds must show no more, and one within half a minute all of it.

    Raises:
        ConformanceError: It gets more or less, or is not throttled.
        ClusterError: It gets less because the node has no more to give.
    """
    __tracebackhide__ = True
    least, most = cpu_milli * (1 - TOLERANCE), cpu_milli * (1 + TOLERANCE)
    window = tenacity.Retrying(
        stop=tenacity.stop_after_delay(BUSY_S),
        retry=tenacity.retry_if_result(
            lambda found: found.used_milli < least or (found.used_milli <= most and found.throttled < THROTTLED_SHARE)
        ),
        retry_error_callback=_newest,
    )
    found = window(_window, pod)
    measures.measure(f"CPU {when}", found.used_milli, "milli-CPU", expected=f"about {cpu_milli}")
    measures.measure(f"throttled periods {when}", found.throttled * 100, "%", expected="most")
    require_cpu(found, cpu_milli)
    if not least <= found.used_milli <= most or found.throttled < THROTTLED_SHARE:
        raise ConformanceError(
            pod.observer.describe(
                f"{when} the workload used {found.used_milli:.0f}m and was throttled in {found.throttled:.0%} of the "
                f"periods; expected about {cpu_milli}m, throttled in most.\n{found.counters}",
                None,
                [],
            )
        )


def _newest(state: tenacity.RetryCallState) -> _Window:
    """The last window, once the time is over."""
    assert state.outcome is not None
    found: _Window = state.outcome.result()
    return found


def _window(pod: ResizablePod) -> _Window:
    """Look at a pod's counters for two seconds, or as long as it takes for enough periods to pass.

    Of a pod with one container both cgroups have the same quota, and either may be the one that runs out first: the
    container's counter alone was seen at a tenth of the periods. So both counters count.
    """
    first = _counters(pod)
    last: tuple[CpuStat, CpuStat] = tenacity.Retrying(
        stop=tenacity.stop_after_delay(4 * WINDOW_S),
        wait=tenacity.wait_fixed(WINDOW_S),
        retry=tenacity.retry_if_result(lambda counters: counters[0].periods - first[0].periods < WINDOW_S / 0.2),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else first,
    )(_counters, pod)
    passed_us = max(0.01, last[0].at_s - first[0].at_s) * 1e6
    used_us = last[0].usage_us - first[0].usage_us
    held_back_us = sum(after.throttled_us - before.throttled_us for before, after in zip(first, last, strict=True))
    periods = max(1, last[0].periods - first[0].periods)
    ran_out = sum(after.throttled_periods - before.throttled_periods for before, after in zip(first, last, strict=True))
    told = f"Counters of container and pod: {first}, then {last}."
    waited = 1 - (used_us + held_back_us) / passed_us
    return _Window(1000 * used_us / passed_us, min(1.0, ran_out / periods), waited, told)


def _counters(pod: ResizablePod) -> tuple[CpuStat, CpuStat]:
    """The counters of the container's cgroup and of the pod's."""
    container, whole = pod.cgroup.cpu_stat("container"), pod.cgroup.cpu_stat("pod")
    if container is None or whole is None:
        raise ConformanceError(f"the cgroup of pod {pod.name} is gone")
    return container, whole
