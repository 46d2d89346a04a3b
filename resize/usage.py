"""How much CPU a workload really gets: by the kernel's counters, and by ``kubectl top``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import tenacity

from resize.kubectl import Kubectl, Usage
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from resize.cgroup import CpuStat
    from resize.pod import ResizablePod

#: How far a settled figure may be from the limit: a scrape's window can hold the time before a resize in part.
TOLERANCE = 0.2
#: Over twenty periods of 100 ms the quota's rounding at either end is at most a twentieth.
WINDOW_S = 2.0
#: A workload that wants more than it gets uses up nearly every period's quota.
THROTTLED_SHARE = 0.8
#: The stress worker's own memory: what the seeds saw, give or take the page cache and the moment between two turns.
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

    def until(self, when: str, *, cpu_milli: int, memory_mib: int) -> Usage:
        """Wait until the line is about what it should be.

        Args:
            when: What the figure is called in the report.
            cpu_milli: About what the CPU should be.
            memory_mib: About what the memory should be.

        Raises:
            ConformanceError: It never was.
        """
        __tracebackhide__ = True
        begun = time.monotonic()

        def right(usage: Usage) -> bool:
            return (
                abs(usage.cpu_milli - cpu_milli) <= cpu_milli * TOLERANCE
                and abs(usage.memory_bytes / 2**20 - memory_mib) <= MEMORY_TOLERANCE_MIB
            )

        usage = self._kubectl.until_top(
            self._pod.name,
            right,
            what=f"about {cpu_milli}m and {memory_mib}Mi",
            on_usage=lambda u: self._pod.observer.note(f"kubectl top: {u.cpu_milli}m {u.memory_bytes / 2**20:.0f}Mi"),
        )
        self._measures.measure(f"kubectl top, {when}: CPU", usage.cpu_milli, "m", expected=f"about {cpu_milli}")
        self._measures.measure(
            f"kubectl top, {when}: memory", usage.memory_bytes / 2**20, "Mi", expected=f"about {memory_mib}"
        )
        self._measures.measure(f"kubectl top, {when}: settled after", time.monotonic() - begun, "s")
        return usage


def assert_held_to(pod: ResizablePod, measures: Measures, when: str, *, cpu_milli: int) -> None:
    """Measure for two seconds that a greedy workload gets what its limit allows, and is throttled all the time.

    Raises:
        ConformanceError: It gets more or less, or is not throttled.
    """
    __tracebackhide__ = True
    first = _stat(pod)
    begun = time.monotonic()
    last = tenacity.Retrying(
        stop=tenacity.stop_after_delay(4 * WINDOW_S),
        wait=tenacity.wait_fixed(WINDOW_S),
        retry=tenacity.retry_if_result(lambda stat: stat.periods - first.periods < WINDOW_S / 0.1 * THROTTLED_SHARE),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else first,
    )(lambda: _stat(pod))
    used_milli = (last.usage_us - first.usage_us) / 1000 / (time.monotonic() - begun)
    throttled = (last.throttled_periods - first.throttled_periods) / max(1, last.periods - first.periods)
    measures.measure(f"CPU {when}", used_milli, "m", expected=f"about {cpu_milli}")
    measures.measure(f"throttled periods {when}", throttled * 100, "%", expected="nearly all")
    if abs(used_milli - cpu_milli) > cpu_milli * TOLERANCE or throttled < THROTTLED_SHARE:
        raise ConformanceError(
            pod.observer.describe(
                f"{when} the workload used {used_milli:.0f}m and was throttled in {throttled:.0%} of the periods; "
                f"expected about {cpu_milli}m, throttled in nearly all.",
                None,
                [],
            )
        )


def _stat(pod: ResizablePod) -> CpuStat:
    stat = pod.cgroup.cpu_stat("container")
    if stat is None:
        raise ConformanceError(f"the cgroup of pod {pod.name} is gone")
    return stat
