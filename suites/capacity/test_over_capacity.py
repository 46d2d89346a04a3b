"""More than the node can ever give: told as the version tells it, and without harm to the pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_over_capacity
from resize.changes import resize_and_settle
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.room import Room
    from resize.pod import ResizablePod


@pytest.mark.smoke
@pytest.mark.rule(
    "over_capacity.answer",
    "over_capacity.message",
    "over_capacity.http_code",
    "over_capacity.cause",
    "over_capacity.event",
)
@pytest.mark.upstream("scheduler/over-capacity")
def test_more_cpu_than_the_node_has(stress_pod: ResizablePod, room: Room) -> None:
    """More CPU than the node has is not granted; the pod is neither moved nor evicted, and can be resized again.

    Preconditions:
        - A running Guaranteed pod with 100m and 150M.
    Steps:
        1. Patch requests and limits of CPU to one CPU more than the node has.
        2. Patch them to 200m.
    Expected:
        - The first is answered in the version's way: HTTP 403 with the cause NodeCapacity, or Infeasible.
        - Meanwhile the same pod goes on running on its node with its old cgroup values and no restart.
        - The second is done on every layer.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resize-status
    """
    submitted = stress_pod.submit({"stress": Resources().with_cpu(room.too_much_cpu).to_json()})
    assert_over_capacity(stress_pod, submitted)

    stress_pod.resize(Resources.guaranteed(cpu="200m", memory="150M"))
    stress_pod.settle()


@pytest.mark.conformance
@pytest.mark.rule(
    "over_capacity.answer",
    "over_capacity.message",
    "over_capacity.http_code",
    "over_capacity.cause",
    "over_capacity.event",
)
def test_more_memory_than_the_node_has(idle_pod: ResizablePod, room: Room) -> None:
    """More memory than the node has is not granted; the pod is neither moved nor evicted, and can be resized again.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch requests and limits of memory to one Gi more than the node has.
        2. Patch them to 128Mi.
    Expected:
        - As for CPU: the version's answer, an undisturbed pod, and the second resize done.
        - 1.33 refuses the second, as it lowers the limit that was asked for, though it was never granted.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resize-status
    """
    submitted = idle_pod.submit({"stress": Resources().with_memory(room.too_much_memory).to_json()})
    assert_over_capacity(idle_pod, submitted)

    resize_and_settle(idle_pod, {"stress": Resources.guaranteed(cpu="100m", memory="128Mi")})
