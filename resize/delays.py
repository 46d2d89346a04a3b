"""How long a version takes: from the cgroup to the status, and from room on the node to a granted resize."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.answers import assert_deferred, until_state
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from resize.pod import ResizablePod
    from resize.resources import Resources


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


def assert_granted_in_order(
    delete: Callable[[ResizablePod], object], waiting: Sequence[ResizablePod], *, after: ResizablePod
) -> None:
    """Delete a pod, and then each whose Deferred resize was granted; check that they are granted in this order.

    Args:
        delete: Deletes a pod.
        waiting: The pods with Deferred resizes, in the order in which they must be granted, one for each pod that goes.
        after: The first pod to go.

    Raises:
        ConformanceError: Another one was granted, or none.
    """
    __tracebackhide__ = True
    for position, pod in enumerate(waiting):
        delete(after)
        pod.settle(deadline_s=pod.behaviour.deferred.after_removal_deadline_s)
        for other in waiting[position + 1 :]:
            until_state(other, "Deferred")
            other.unchanged(settled=False)
        after = pod


def defer_all(wanted: Sequence[tuple[ResizablePod, Resources]]) -> None:
    """Resize one pod of one container after the other, each to what is Deferred.

    Each is watched for a while before the next: who waits longer is told apart by whole seconds.

    Raises:
        ConformanceError: One of them is not Deferred.
    """
    __tracebackhide__ = True
    for pod, resources in wanted:
        pod.resize(resources)
        assert_deferred(pod)


def settle_all(pods: Sequence[ResizablePod], *, deadline_s: float | None = None) -> None:
    """Wait until each pod's resize is done on every layer.

    Raises:
        ConformanceError: One of them is not in time.
    """
    __tracebackhide__ = True
    for pod in pods:
        pod.settle(deadline_s=deadline_s)
