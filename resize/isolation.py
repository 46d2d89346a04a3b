"""Values of a pod's cgroups that no resize asked to change: by all readings that were ever taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.observer import ConformanceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from resize.cgroup import CgroupReading
    from resize.pod import ResizablePod


def assert_cpu_never_changed(pod: ResizablePod) -> None:
    """Check that each cgroup has always had the same quota, period, and shares or weight.

    Raises:
        ConformanceError: One had others at some time.
    """
    __tracebackhide__ = True
    _assert_one_value(
        pod, "CPU", lambda r: f"quota {r.cpu_quota_us}/{r.cpu_period_us} us, shares {r.cpu_shares or r.cpu_weight}"
    )


def assert_memory_never_changed(pod: ResizablePod) -> None:
    """Check that each cgroup has always had the same memory limit.

    Raises:
        ConformanceError: One had another at some time.
    """
    __tracebackhide__ = True
    _assert_one_value(pod, "memory", lambda r: f"{r.memory_limit_bytes} bytes")


def _assert_one_value(pod: ResizablePod, what: str, value: Callable[[CgroupReading], str]) -> None:
    __tracebackhide__ = True
    pod.observer.require_cgroups()
    for name, readings in pod.observer.history.readings.items():
        seen = list(dict.fromkeys(value(reading) for reading in readings))
        if len(seen) > 1:
            whose = "the pod's cgroup" if name is None else f"the cgroup of container {name}"
            told = f"{what} of {whose} changed, which nobody asked for: {' -> '.join(seen)}."
            raise ConformanceError(pod.observer.describe(told, pod.expected(), []))
