"""Several resizes wait for room: which one gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import until_state
from resize.delays import assert_granted_in_order, defer_all, settle_all
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources
from resize.scheduling import priority_class

if TYPE_CHECKING:
    from fixtures.objects import Objects
    from fixtures.pods import Pods
    from fixtures.room import Room

SCHEDULING = "/apis/scheduling.k8s.io/v1"


@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.disruptive
@pytest.mark.min_kube_version("1.34")
@pytest.mark.rule("deferred.retry", "deferred.after_removal_deadline_s")
@pytest.mark.upstream("retry/order")
def test_priority_then_class_then_time(objects: Objects, pods: Pods, room: Room) -> None:
    """Room goes to the pod of higher priority first, then to a Guaranteed one, then to the one that waits longest.

    Preconditions:
        - A pod with 60 percent of the node's CPU. Four pods with 5 percent each: one with a PriorityClass, one
          Guaranteed, two Burstable.
    Steps:
        1. Patch each of the four to 60 percent: a Burstable one first, then the Guaranteed, the one with the
           PriorityClass, and the other Burstable one. All are Deferred.
        2. Delete the large pod; and then, again and again, the one whose resize was granted.
    Expected:
        - Granted are, one after the other, those of the pod with the PriorityClass, the Guaranteed one, the Burstable
          one that has waited longer, and the last one. The others stay Deferred meanwhile.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#priority-of-resize-requests
    """
    most, little = room.cpu(0.6), room.cpu(0.05)
    burstable = Resources.of(cpu_request=little, cpu_limit=little)
    guaranteed = Resources.guaranteed(cpu=little, memory="64Mi")
    important = objects.create_for_the_cluster("priorityclasses", priority_class("high", 1000), group=SCHEDULING)
    large = pods.start("large", burstable.with_cpu(most), script=IDLE_SCRIPT)
    early = pods.start("early", burstable, script=IDLE_SCRIPT)
    second = pods.start("guaranteed", guaranteed, script=IDLE_SCRIPT)
    first = pods.start("important", burstable, script=IDLE_SCRIPT, more_spec={"priorityClassName": important.name})
    late = pods.start("late", burstable, script=IDLE_SCRIPT)
    defer_all([(pod, pod.wanted["stress"].with_cpu(most)) for pod in (early, second, first, late)])

    assert_granted_in_order(pods.delete, [first, second, early, late], after=large)


@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.min_kube_version("1.34")
@pytest.mark.rule("deferred.retry", "deferred.after_shrink_deadline_s")
@pytest.mark.upstream("retry/chain-reaction")
def test_chain_reaction(pods: Pods, room: Room) -> None:
    """A resize that is granted makes room for the next one, and that for a third, without anybody's doing.

    Preconditions:
        - Four Burstable pods, each with a quarter of the node's CPU and a fifth of its memory requested.
    Steps:
        1. Patch the second to a third of the CPU and less memory, the third to two thirds of the memory and less CPU,
           the fourth to 60 percent of the CPU. All are Deferred.
        2. Delete the first pod, which makes room for the second's resize alone.
    Expected:
        - All three resizes are done on every layer.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#priority-of-resize-requests
    """

    def share(cpu: float, memory: float) -> Resources:
        return Resources.of(cpu_request=room.cpu(cpu), memory_request=room.memory(memory))

    first, *waiting = (pods.start(f"pod-{number}", share(0.25, 0.2), script=IDLE_SCRIPT) for number in range(1, 5))
    wanted = share(0.33, 0.04), share(0.04, 0.66), share(0.6, 0.2)
    defer_all(list(zip(waiting, wanted, strict=True)))

    pods.delete(first)

    settle_all(waiting, deadline_s=first.behaviour.deferred.after_removal_deadline_s)


@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.conformance
@pytest.mark.disruptive
@pytest.mark.rule("deferred.message")
def test_what_waits_holds_up_nobody(objects: Objects, pods: Pods, room: Room) -> None:
    """A Deferred resize of an important pod holds up neither a smaller raise nor a shrink of unimportant ones.

    One pod that asks for too much must not freeze a whole node.

    Preconditions:
        - A pod with 60 percent of the node's CPU; a pod with a PriorityClass, and two without, with 5 percent each.
    Steps:
        1. Patch the pod with the PriorityClass to 60 percent, which is Deferred.
        2. Patch another pod to 10 percent, and the third to 2 percent.
    Expected:
        - Both resizes of 2 are done on every layer; that of 1 stays Deferred.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#priority-of-resize-requests
    """
    most, little = (Resources.guaranteed(cpu=room.cpu(share), memory="64Mi") for share in (0.6, 0.05))
    important = objects.create_for_the_cluster("priorityclasses", priority_class("high", 1000), group=SCHEDULING)
    pods.start("large", most, script=IDLE_SCRIPT)
    waiting = pods.start("important", little, script=IDLE_SCRIPT, more_spec={"priorityClassName": important.name})
    raised, shrunk = (pods.start(name, little, script=IDLE_SCRIPT) for name in ("raised", "shrunk"))
    defer_all([(waiting, most)])

    raised.resize(little.with_cpu(room.cpu(0.1)))
    shrunk.resize(little.with_cpu(room.cpu(0.02)))

    settle_all([raised, shrunk])
    until_state(waiting, "Deferred")
