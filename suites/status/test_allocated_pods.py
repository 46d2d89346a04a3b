"""The kubelet's own account of what it has allocated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.allocated import GATE, assert_allocated, spec_of
from resize.answers import assert_deferred
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from fixtures.room import Room


@pytest.mark.variant("allocated-pods")
@pytest.mark.serial
@pytest.mark.min_kube_version("1.37")
@pytest.mark.feature_gate(GATE)
@pytest.mark.conformance
@pytest.mark.rule("status.allocated_pods_endpoint", "deferred.message", "deferred.after_removal_deadline_s")
@pytest.mark.upstream("node/allocated-pods-endpoint")
def test_deferred_resize(pods: Pods, room: Room) -> None:
    """The kubelet's list of allocated pods shows a resize once it is granted, and not while it is Deferred.

    Preconditions:
        - The gate KubeletAllocatedPodsEndpoint.
        - A pod with 60 percent of the node's CPU, and a Guaranteed pod with 100m.
    Steps:
        1. Read /allocatedPods/NAMESPACE/NAME of the kubelet, through the node's proxy.
        2. Patch the second pod's CPU to 60 percent of the node's, and read again.
        3. Delete the first pod, and read again.
    Expected:
        - After 1 and 2 it has the spec that the pod was created with, and no status.
        - After 3 it has the pod's new spec.

    https://github.com/kubernetes/kubernetes/blob/v1.37.2/test/e2e/node/allocated_subresource.go
    """
    blocker = pods.start("blocker", Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"), script=IDLE_SCRIPT)
    pod = pods.start("waiting", Resources.guaranteed(cpu="100m", memory="64Mi"), script=IDLE_SCRIPT)
    before = spec_of(pod)
    assert_allocated(pod, before)

    pod.resize(Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"))
    assert_deferred(pod)
    assert_allocated(pod, before)

    pods.delete(blocker)
    pod.settle(deadline_s=pod.behaviour.deferred.after_removal_deadline_s)
    assert_allocated(pod, spec_of(pod))
