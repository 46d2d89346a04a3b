"""The scheduler ends pods of lower priority for a resize that waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.delays import defer_all, settle_all
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources
from resize.scheduling import priority_class, resize_preemption_disabled, until_gone

if TYPE_CHECKING:
    from fixtures.live import LiveCluster
    from fixtures.objects import Objects
    from fixtures.pods import Pods
    from fixtures.room import Room
    from resize.pod import ResizablePod

SCHEDULING = "/apis/scheduling.k8s.io/v1"
#: How long the pod of low priority is watched while nobody may be ended.
SPARED_FOR_S = 5.0
ENDED_DEADLINE_S = 60.0


@pytest.mark.variant("resize-preemption")
@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.min_kube_version("1.37")
@pytest.mark.rule("deferred.message")
@pytest.mark.upstream("preemption/lower-priority")
def test_lower_priority_pod_is_ended(cluster: LiveCluster, objects: Objects, pods: Pods, room: Room) -> None:
    """A pod of low priority is ended to grant a Deferred resize of an important one, unless the node forbids it.

    Preconditions:
        - The gate InPlacePodVerticalScalingSchedulerPreemption; the node's policy disables preemption for resizes.
        - Three pods: priority 100 with 50 percent of the node's CPU, priority 500 with 20, priority 1000 with 20.
    Steps:
        1. Patch the second to 45 percent and the third to 50 percent. Both are Deferred.
        2. Take the node's policy away.
    Expected:
        - After 1 the first pod goes on running.
        - After 2 the first pod is deleted, and both resizes are done on every layer: the second pod is spared, as both
          fit without the first one.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-scheduling/5836-scheduler-preemption-for-in-place-pod-resize
    """

    def start(name: str, priority: int, share: float) -> ResizablePod:
        manifest = priority_class(name, priority, preempts=True)
        made = objects.create_for_the_cluster("priorityclasses", manifest, group=SCHEDULING)
        resources = Resources.guaranteed(cpu=room.cpu(share), memory="64Mi")
        return pods.start(name, resources, script=IDLE_SCRIPT, more_spec={"priorityClassName": made.name})

    low, middle, high = start("low", 100, 0.5), start("middle", 500, 0.2), start("high", 1000, 0.2)

    with resize_preemption_disabled(cluster.api, cluster.node.name):
        defer_all(
            [(pod, pod.wanted["stress"].with_cpu(room.cpu(share))) for pod, share in ((middle, 0.45), (high, 0.5))]
        )
        low.unchanged(for_s=SPARED_FOR_S)

    until_gone(low, deadline_s=ENDED_DEADLINE_S)
    settle_all([high, middle], deadline_s=ENDED_DEADLINE_S)
