"""A kubelet that is restarted, as by an upgrade of the node: what it was doing, and had done, outlives it.

It keeps what it allocated in checkpoints (``allocated_pods_state`` and ``actuated_pods_state``, before 1.33
``pod_status_manager_state``), see KEP-1287, Kubelet Restart Analysis.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from resize import manifests
from resize.answers import assert_deferred, assert_events
from resize.delays import granted_after_s
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources
from resize.restarts import (
    assert_checkpoints,
    assert_nobody_carries_out,
    assert_nothing_again,
    containers_reached,
    resize_events,
    until_under_way,
)

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.live import LiveCluster
    from fixtures.pods import Pods
    from fixtures.room import Room
    from resize.pod import ResizablePod

CONTAINERS = [f"container-{number}" for number in range(8)]

pytestmark = [pytest.mark.variant("alone"), pytest.mark.serial, pytest.mark.disruptive]


@pytest.mark.rule("recovery.kubelet_restart", "recovery.checkpoints", "events.reasons")
@pytest.mark.conformance
def test_finished_resize_survives_restarts(cluster: LiveCluster, idle_pod: ResizablePod) -> None:
    """A finished resize survives two restarts of the kubelet: nothing is restarted, and nothing is resized again.

    Why: nodes are upgraded while pods run on them. A kubelet that read its checkpoint wrongly refused to start
    (#117589), restarted containers (#119187), or resized them a second time.

    Preconditions:
        - A Guaranteed pod that was resized from 100m and 64Mi to 200m and 96Mi.
    Steps:
        1. Restart the kubelet.
        2. Restart it again.
    Expected:
        - Each time spec, allocatedResources, status and cgroups show what they did, in the same container.
        - No further event tells of a resize.
        - The kubelet's checkpoints are there, by the names of the version.
        - The pod can be resized again.

    https://github.com/kubernetes/kubernetes/issues/117589
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi"))
    idle_pod.settle()
    assert_events(idle_pod, "ResizeStarted", "ResizeCompleted")

    told = resize_events(idle_pod)

    cluster.restart("kubelet")
    assert_nothing_again(idle_pod, since=told)
    cluster.restart("kubelet")
    assert_nothing_again(idle_pod, since=told)
    assert_checkpoints(idle_pod, cluster.node)

    idle_pod.resize(Resources.guaranteed(cpu="100m", memory="128Mi"))
    idle_pod.settle()


@pytest.mark.rule("recovery.kubelet_restart", "recovery.taken_up_deadline_s")
@pytest.mark.conformance
def test_resize_while_the_kubelet_is_down(cluster: LiveCluster, idle_pod: ResizablePod, case: CaseRecord) -> None:
    """A resize that is requested while the kubelet is down is done once it is up, without a restart of the container.

    Why: the API takes the request whether or not anybody is there to carry it out; a user sees no error.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Stop the kubelet.
        2. Patch CPU and memory to 200m and 96Mi.
        3. Start the kubelet.
    Expected:
        - The API takes the resize; the cgroups are as before as long as the kubelet is down.
        - Then the resize is done on every layer, in the same container; from 1.34 on the kubelet takes half a minute to
          look at what it missed.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#kubelet-restart-analysis
    """
    with cluster.without("kubelet"):
        idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi"))
        assert_nobody_carries_out(idle_pod)

    chain = idle_pod.settle(deadline_s=idle_pod.behaviour.recovery.taken_up_deadline_s)
    case.measure("done after the request, with the kubelet's start", chain.at_s, "s")


@pytest.mark.rule("recovery.kubelet_restart")
@pytest.mark.conformance
def test_restart_right_after_the_request(cluster: LiveCluster, idle_pod: ResizablePod) -> None:
    """Resizes whose kubelet is restarted as soon as they were requested are done, whatever it had got done before.

    Why: a kubelet may end between its checkpoints of what is allocated and of what is applied.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU and memory up, and restart the kubelet at once.
        2. Patch them down again, and restart it at once.
    Expected:
        - Each resize is done on every layer, in the same container.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#kubelet-restart-analysis
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi"))
    cluster.restart("kubelet")
    idle_pod.settle()

    idle_pod.resize(Resources.guaranteed(cpu="100m", memory="96Mi"))
    cluster.restart("kubelet")
    idle_pod.settle()


@pytest.mark.rule("recovery.kubelet_restart", "recovery.taken_up_deadline_s")
@pytest.mark.conformance
def test_restart_halfway(cluster: LiveCluster, pods: Pods, case: CaseRecord) -> None:
    """A resize of many containers whose kubelet ends halfway is carried on by the next one, without a restart of any.

    Why: a kubelet lowers one container after the other, and the pod's cgroup at the end. One that starts anew finds
    some done, and must not take that for all of it.

    Preconditions:
        - A running Guaranteed pod of eight containers with 40m and 24Mi each.
    Steps:
        1. Patch CPU of each to 30m, and end the kubelet as soon as the first container has it.
        2. Start the kubelet.
    Expected:
        - The resize is done on every layer, in the same containers.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#kubelet-restart-analysis
    """
    before = Resources.guaranteed(cpu="40m", memory="24Mi")
    containers = {name: manifests.container(name, pods.image, before, script=IDLE_SCRIPT) for name in CONTAINERS}
    pod = pods.start_all("many", containers)

    pod.resize(dict.fromkeys(CONTAINERS, Resources.guaranteed(cpu="30m", memory="24Mi")))
    until_under_way(pod)
    with cluster.without("kubelet"):
        case.measure("containers done when the kubelet ended", containers_reached(pod), f"of {len(CONTAINERS)}")

    pod.settle(deadline_s=pod.behaviour.recovery.taken_up_deadline_s)


@pytest.mark.rule("recovery.kubelet_restart", "deferred.message")
@pytest.mark.slow
@pytest.mark.conformance
def test_deferred_resize_survives_a_restart(cluster: LiveCluster, pods: Pods, room: Room, case: CaseRecord) -> None:
    """A Deferred resize is still Deferred after a restart of the kubelet, and is granted once there is room.

    Why: a kubelet that takes the spec for what it had allocated gives out more than the node has (#126033).

    Preconditions:
        - A pod with 60 percent of the node's CPU, and one with 100m whose resize to 60 percent is Deferred.
    Steps:
        1. Restart the kubelet.
        2. Delete the first pod.
    Expected:
        - After 1 the resize is Deferred, and nothing is applied.
        - After 2 it is done on every layer, in the same container.

    https://github.com/kubernetes/kubernetes/issues/126033
    """
    blocker = pods.start("blocker", Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"), script=IDLE_SCRIPT)
    pod = pods.start("waiting", Resources.guaranteed(cpu="100m", memory="64Mi"), script=IDLE_SCRIPT)
    pod.resize(Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"))
    assert_deferred(pod)

    cluster.restart("kubelet")
    assert_deferred(pod)

    pods.delete(blocker)
    granted_s = granted_after_s(pod, since=time.monotonic(), deadline_s=pod.behaviour.deferred.after_removal_deadline_s)
    case.measure("granted after another pod left", granted_s, "s")
