"""Critical pods get their room at once: the kubelet evicts others for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize import manifests
from resize.manifests import IDLE_SCRIPT
from resize.preempted import assert_preempted
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods
    from fixtures.room import Room


@pytest.mark.rule("deferred.critical_evicts")
@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.disruptive
@pytest.mark.conformance
def test_resize_of_a_critical_pod(pods: Pods, room: Room, case: CaseRecord) -> None:
    """A resize of a node-critical pod that does not fit is granted at once: the kubelet evicts another pod for it.

    Why: who raises the CPU of a network plug-in or of a log collector, by hand or by an autoscaler, takes down
    workloads, and neither the request nor the pod that was resized says a word of it.

    Preconditions:
        - A pod with 60 percent of the node's CPU.
        - A Guaranteed pod of the class system-node-critical with 100m.
    Steps:
        1. Patch the second pod's CPU to 60 percent of the node's.
    Expected:
        - The first pod has an event Preempting and ends; its condition DisruptionTarget says that the kubelet did it.
        - The resize is done on every layer, in the same container.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#kubelet-triggered-eviction
    """
    victim = pods.start("victim", Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"), script=IDLE_SCRIPT)
    container = manifests.container(
        "stress", pods.image, Resources.guaranteed(cpu="100m", memory="64Mi"), script=IDLE_SCRIPT
    )
    critical = {"priorityClassName": "system-node-critical"}
    pod = pods.start_all("critical", {"stress": container}, more_spec=critical)

    pod.resize(Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"))
    assert_preempted(victim)

    chain = pod.settle()
    case.measure("granted after the request", chain.at_s, "s")
