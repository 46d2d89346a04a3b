"""Volumes in memory that are resized together with the container's resources: all of it or nothing, and in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_deferred
from resize.locate import process_of
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources
from resize.stalled import stalled_runtime
from resize.volume_order import assert_halfway
from resize.volumes import GATE, resize_volume, resize_volumes, size_mib, sizes_mib, until_size
from suites.volumes.pods import BEFORE, start

if TYPE_CHECKING:
    from fixtures.live import LiveCluster
    from fixtures.pods import Pods
    from fixtures.room import Room
    from resize.kubectl import Kubectl

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.serial,
    pytest.mark.cgroup("v2"),
    pytest.mark.variant("memory-volumes"),
    pytest.mark.min_kube_version("1.37"),
    pytest.mark.feature_gate(GATE),
]


@pytest.mark.slow
@pytest.mark.rule("memory_volumes.resizable", "deferred.message", "deferred.after_removal_deadline_s")
@pytest.mark.upstream("volume/deferred-isolation")
def test_deferred_with_the_cpu(pods: Pods, kubectl: Kubectl, room: Room) -> None:
    """A volume in memory keeps its size while the CPU of the same request is Deferred, and both are granted together.

    Preconditions:
        - A pod with 60 percent of the node's CPU.
        - A running Guaranteed pod with 100m and 200Mi and a volume in memory of 64Mi.
    Steps:
        1. Patch the second pod's CPU to 60 percent of the node's and the volume's sizeLimit to 128Mi in one request.
        2. Delete the first pod.
    Expected:
        - After 1 the resize is Deferred, the volume still has 64Mi, and nothing was restarted.
        - After 2 the volume has 128Mi, and the whole chain agrees.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/6030-in-place-resize-memory-backed-volumes
    """
    blocker = pods.start("blocker", Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"), script=IDLE_SCRIPT)
    pod = start(pods, "64Mi")
    resize_volume(pod, "128Mi", BEFORE.with_cpu(room.cpu(0.6)))
    assert_deferred(pod)
    assert size_mib(kubectl, pod) == 64

    pods.delete(blocker)

    pod.settle(deadline_s=pod.behaviour.deferred.after_removal_deadline_s)
    until_size(kubectl, pod, 128)


@pytest.mark.rule("memory_volumes.shrinks_first")
@pytest.mark.upstream("node/volumes-in-order")
def test_order(cluster: LiveCluster, pods: Pods) -> None:
    """A volume in memory that shrinks does so first, and one that grows only once the container has its new memory.

    Preconditions:
        - A running Guaranteed pod with 100m and 128Mi and two volumes in memory of 64Mi each.
        - The pod's shim is stopped, so that no update of the container comes to an end.
    Steps:
        1. Patch in one request memory to 192Mi, one volume's sizeLimit to 32Mi and the other's to 128Mi.
        2. Let the shim go on.
    Expected:
        - After 1 the one volume has 32Mi, and stays beside the other with 64Mi and the container's old limit.
        - After 2 the volumes have 32Mi and 128Mi, the whole chain agrees, and nothing was restarted.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/6030-in-place-resize-memory-backed-volumes
    """
    before, after = (Resources.guaranteed(cpu="100m", memory=memory) for memory in ("128Mi", "192Mi"))
    pod = start(pods, {"falling": "64Mi", "rising": "64Mi"}, before)
    process = process_of(cluster.node, pod.only_container.container_id)
    assert process is not None

    with stalled_runtime(cluster.node, process):
        resize_volumes(pod, {"falling": "32Mi", "rising": "128Mi"}, after)
        assert_halfway(pod, cluster.node, process, {"falling": 32, "rising": 64})

    pod.settle()
    assert sizes_mib(cluster.node, process, ("falling", "rising")) == {"falling": 32, "rising": 128}
