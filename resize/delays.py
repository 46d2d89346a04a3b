"""How long a version takes: from the cgroup to the status, and from room on the node to a granted resize."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.observer import ConformanceError

if TYPE_CHECKING:
    from resize.pod import ResizablePod


def status_delay_s(pod: ResizablePod) -> float:
    """Wait, without waking the kubelet, until the status has the wanted values; return how long after the cgroup.

    Raises:
        ConformanceError: The status never got there, or fell back.
    """
    __tracebackhide__ = True
    pod.applied()
    expected = pod.expected()
    pod.observer.wait(
        expected.mismatches,
        what=f"the status of pod {pod.name} following its cgroup",
        deadline_s=pod.behaviour.status.settle_deadline_s,
        expected=expected,
    )
    reached = pod.timelines[-1].timeline.reached_s
    status_s, cgroup_s = reached.get("status"), reached.get("container cgroup")
    if status_s is None or cgroup_s is None:
        raise ConformanceError(pod.observer.describe(f"The status was there, and fell back: {reached}", expected, []))
    return max(0.0, status_s - cgroup_s)


def granted_after_s(pod: ResizablePod, *, since: float, deadline_s: float) -> float:
    """Wait until a Deferred resize is granted and done on every layer; return how long the grant took.

    Args:
        pod: The pod whose resize is Deferred.
        since: The monotonic time from which on there was room.
        deadline_s: How long from now.

    Returns:
        Seconds until the cgroups had the new values.

    Raises:
        ConformanceError: It was not granted in time.
    """
    __tracebackhide__ = True
    recorder = pod.timelines[-1]
    recorder.mark("note", "there is room now", since)
    pod.applied(deadline_s=deadline_s)
    pod.settle()
    reached_s = recorder.timeline.reached_s.get("container cgroup")
    if reached_s is None:
        raise ConformanceError(
            pod.observer.describe("The cgroup had the new values, and lost them", pod.expected(), [])
        )
    return recorder.began + reached_s - since
