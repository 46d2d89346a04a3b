"""A resize makes room on a node, or takes it: what the scheduler makes of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_deferred
from resize.manifests import FREE, HOLD_SCRIPT, IDLE_SCRIPT, STRESS_BYTES_IN_USE
from resize.oom import until_memory_used
from resize.resources import Resources
from resize.scheduling import until_started, until_started_after_withdrawal, until_unschedulable
from resize.shrinking import assert_counted_until_free

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from fixtures.room import Room
    from resize.kubectl import Kubectl

SMALL, LITTLE = (Resources.guaranteed(cpu=cpu, memory="64Mi") for cpu in ("100m", "10m"))


@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.conformance
@pytest.mark.rule("submit.generation_increments")
@pytest.mark.upstream("scheduler/pending-pod-resized-down")
def test_pending_pod_resized_down(pods: Pods, room: Room) -> None:
    """A pod that finds no room is resized down, and then scheduled with what it asks for now.

    Preconditions:
        - A Guaranteed pod with 60 percent of the node's CPU; another one with as much, which is Pending.
    Steps:
        1. Patch the second pod's CPU to 100m.
    Expected:
        - The second pod is scheduled and starts with 100m on every layer, without a restart.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#scheduler-and-api-server-interaction
    """
    most = SMALL.with_cpu(room.cpu(0.6))
    pods.start("first", most, script=IDLE_SCRIPT)
    pending = pods.start("pending", most, script=IDLE_SCRIPT, wait=False)
    until_unschedulable(pending)
    generation = pending.view.generation

    pending.resize(SMALL)

    until_started(pending)
    counted = pending.settle().pod.generation - generation
    assert counted == int(pending.behaviour.submit.generation_increments)


@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.conformance
@pytest.mark.rule("submit.generation_increments")
@pytest.mark.upstream("scheduler/shrink-makes-room")
def test_shrink_makes_room(pods: Pods, room: Room) -> None:
    """A running pod is resized down, and a pod that found no room is scheduled.

    Preconditions:
        - A running Guaranteed pod with 60 percent of the node's CPU; another one with as much, which is Pending.
    Steps:
        1. Patch the first pod's CPU to 100m.
    Expected:
        - The first resize is done on every layer, and the second pod starts.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#scheduler-and-api-server-interaction
    """
    most = SMALL.with_cpu(room.cpu(0.6))
    first = pods.start("first", most, script=IDLE_SCRIPT)
    pending = pods.start("pending", most, script=IDLE_SCRIPT, wait=False)
    until_unschedulable(pending)

    first.resize(SMALL)

    first.settle()
    until_started(pending)


@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.conformance
@pytest.mark.rule("deferred.message", "scheduling.sees_withdrawal")
def test_deferred_resize_is_counted(pods: Pods, room: Room) -> None:
    """What a Deferred resize asks for is not given to a new pod, and is, once the resize is taken back.

    Whoever leaves a Deferred resize standing keeps new pods from a node that has room for them.

    Preconditions:
        - A pod with 60 percent of the node's CPU, and one with 100m whose resize to 60 percent is Deferred.
    Steps:
        1. Create a pod with 100m, for which there would be room.
        2. Patch the second pod back to 100m.
    Expected:
        - After 1 the new pod stays Pending: the scheduler counts the larger of what is asked for and what is given.
        - After 2 it starts: from 1.31 on at once, before that only with the next other change, as when a pod goes.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#scheduler-and-api-server-interaction
    """
    most = SMALL.with_cpu(room.cpu(0.6))
    pods.start("blocker", most, script=IDLE_SCRIPT)
    waiting = pods.start("waiting", SMALL, script=IDLE_SCRIPT)
    spare = pods.start("spare", LITTLE, script=IDLE_SCRIPT)
    waiting.resize(most)
    assert_deferred(waiting)

    new = pods.start("new", SMALL, script=IDLE_SCRIPT, wait=False)
    until_unschedulable(new)

    waiting.resize(SMALL)
    until_started_after_withdrawal(new, wake=lambda: pods.delete(spare))
    waiting.settle()


@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.rule("memory_shrink.limit_decrease")
@pytest.mark.known_issue("KI-HELD-BACK-SHRINK-NOT-COUNTED")
@pytest.mark.known_issue("KI-POD-STATUS-COUNTED")
@pytest.mark.rule("memory_shrink.below_usage")
def test_unfinished_shrink_is_counted(pods: Pods, room: Room, kubectl: Kubectl) -> None:
    """Memory that a shrink has not freed yet is not given to a new pod, and is, once it is free.

    Else the node promises the same memory twice, and somebody is OOM-killed or evicted.

    Preconditions:
        - A running Guaranteed pod with 60 percent of the node's memory, of which it holds 128M.
        - A Pending pod that wants as much.
    Steps:
        1. Patch the first pod's memory to 100M, which is held back, as it is below the usage.
        2. Have the first pod's workload free its memory.
    Expected:
        - After 1 the second pod stays Pending; after 2 it starts. (In 1.33 the API refuses the shrink.)

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#scheduler-and-api-server-interaction
    """
    most, less = (Resources.guaranteed(cpu="100m", memory=memory) for memory in (room.memory(0.6), "100M"))
    holder = pods.start("holder", most, script=HOLD_SCRIPT)
    until_memory_used(holder, above_bytes=STRESS_BYTES_IN_USE)
    pending = pods.start("pending", most, script=IDLE_SCRIPT, wait=False)
    until_unschedulable(pending)

    assert_counted_until_free(holder, less, pending, free=lambda: kubectl.exec("holder", FREE))
