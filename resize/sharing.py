"""How pods that all want more CPU than there is share it: by their requests (cpu.shares, cpu.weight)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import tenacity

from resize.observer import ConformanceError

if TYPE_CHECKING:
    from resize.pod import ResizablePod
    from resize.usage import Measures

#: Long enough that the scheduler's slices even out.
WINDOW_S = 3.0
#: What else runs on the node takes from both, but not alike.
DEADLINE_S = 45.0


def assert_share(first: ResizablePod, second: ResizablePod, measures: Measures, when: str, *, at_least: float) -> None:
    """Measure that of two greedy pods the first gets so many times as much CPU as the second.

    Raises:
        ConformanceError: It never did.
    """
    __tracebackhide__ = True
    found = tenacity.Retrying(
        stop=tenacity.stop_after_delay(DEADLINE_S),
        retry=tenacity.retry_if_result(lambda ratio: ratio < at_least),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else 0.0,
    )
    ratio: float = found(_ratio, first, second)
    measures.measure(f"share of {first.name} {when}", ratio, f"times {second.name}'s", expected=f"at least {at_least}")
    if ratio < at_least:
        told = f"{when} pod {first.name} got {ratio:.2f} times the CPU of {second.name}, expected at least {at_least}"
        raise ConformanceError(first.observer.describe(told, None, []))


def _ratio(first: ResizablePod, second: ResizablePod) -> float:
    begun = _usage_us(first), _usage_us(second)
    time.sleep(WINDOW_S)
    used = [now - before for now, before in zip((_usage_us(first), _usage_us(second)), begun, strict=True)]
    return used[0] / max(1, used[1])


def _usage_us(pod: ResizablePod) -> int:
    stat = pod.cgroup.cpu_stat("pod")
    if stat is None:
        raise ConformanceError(f"the cgroup of pod {pod.name} is gone")
    return stat.usage_us
