"""Resizes that ask for no more than the pod has: they need no room, so none of them has to wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_deferred
from resize.delays import settle_all
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources
from resize.scheduling import priority_class
from resize.told import assert_told, assert_told_first

if TYPE_CHECKING:
    from fixtures.live import LiveCluster
    from fixtures.objects import Objects
    from fixtures.pods import Pods
    from fixtures.room import Room

SCHEDULING = "/apis/scheduling.k8s.io/v1"


@pytest.mark.variant("alone")
@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.disruptive
@pytest.mark.min_kube_version("1.35")
@pytest.mark.rule("deferred.retry", "recovery.taken_up_deadline_s", "events.reasons")
def test_before_important_pods(cluster: LiveCluster, objects: Objects, pods: Pods, room: Room) -> None:
    """Of resizes that wait together, one that asks for less is looked at before that of a more important pod.

    Why: it always succeeds, and makes the room that others wait for.

    Preconditions:
        - A Guaranteed pod with a PriorityClass and 5 percent of the node's CPU, and one without and with 60 percent.
        - The kubelet is down.
    Steps:
        1. Patch the important pod to 60 percent, and then the other one to 5 percent.
        2. Start the kubelet.
    Expected:
        - The first event about a resize is that the other pod's has begun.
        - Both are done on every layer.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#priority-of-resize-requests
    """
    most, little = (Resources.guaranteed(cpu=room.cpu(share), memory="64Mi") for share in (0.6, 0.05))
    made = objects.create_for_the_cluster("priorityclasses", priority_class("high", 1000), group=SCHEDULING)
    important = pods.start("important", little, script=IDLE_SCRIPT, more_spec={"priorityClassName": made.name})
    other = pods.start("other", most, script=IDLE_SCRIPT)

    with cluster.without("kubelet"):
        important.resize(most)
        other.resize(little)

    settle_all([important, other], deadline_s=important.behaviour.recovery.taken_up_deadline_s)
    assert_told_first(other, "ResizeStarted", before=important)


@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.conformance
@pytest.mark.disruptive
@pytest.mark.rule("succession.revert_clears", "events.counts")
def test_on_a_full_node(pods: Pods, room: Room) -> None:
    """A Deferred resize that is replaced by one to less than the pod has is done at once, on a node without any room.

    Why: it is how a controller gets out of a request that nobody can grant.

    Preconditions:
        - A pod with 80 percent of the node's CPU, and a Guaranteed pod with 15 percent.
    Steps:
        1. Patch the second pod to 60 percent, which is Deferred.
        2. Patch it to 10 percent.
    Expected:
        - The second resize is done on every layer, in the same container, while the first pod is as it was.
        - No event tells of the first as begun, on versions that have such events.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#priority-of-resize-requests
    """
    large, before, most, less = (
        Resources.guaranteed(cpu=room.cpu(share), memory="64Mi") for share in (0.8, 0.15, 0.6, 0.1)
    )
    pods.start("large", large, script=IDLE_SCRIPT)
    pod = pods.start("waiting", before, script=IDLE_SCRIPT)
    pod.resize(most)
    assert_deferred(pod)

    pod.resize(less)
    pod.settle()

    assert_told(pod, ResizeDeferred=1, ResizeStarted=1, ResizeCompleted=1)
