"""Each kind of event about a resize: there where the version has it, and as often as it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_deferred, assert_over_capacity, assert_shrink_held_back
from resize.managers import assert_manager_answer
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources
from resize.told import START_OVER_S, assert_told

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from fixtures.room import Room
    from resize.pod import ResizablePod

pytestmark = [pytest.mark.conformance, pytest.mark.rule("events.reasons", "events.counts")]


@pytest.mark.cpu_milli(200)
def test_done(idle_pod: ResizablePod) -> None:
    """A resize is told of once when it begins, once when it is done, and then no more.

    Why: who counts events, or is alerted by them, takes a second one for a second resize.

    Preconditions:
        - A Guaranteed pod with 100m and 64Mi that has been running for three seconds.
    Steps:
        1. Patch CPU and memory to 150m and 96Mi.
        2. Once that is done, change an annotation, so that the kubelet looks at the pod again.
    Expected:
        - One event ResizeStarted and one ResizeCompleted on versions that have them, and no other about a resize.

    https://github.com/kubernetes/kubernetes/pull/130387
    """
    idle_pod.unchanged(for_s=START_OVER_S)

    idle_pod.resize(Resources.guaranteed(cpu="150m", memory="96Mi"))
    idle_pod.settle()

    assert_told(idle_pod, ResizeStarted=1, ResizeCompleted=1)


@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.rule("deferred.event", "deferred.after_removal_deadline_s")
def test_deferred_and_granted(pods: Pods, room: Room) -> None:
    """A resize that waits is told of once while it waits, and as any other once it is granted.

    Preconditions:
        - A pod with 60 percent of the node's CPU, and a Guaranteed pod with 100m.
    Steps:
        1. Patch the second pod's CPU to 60 percent of the node's, and change an annotation of it.
        2. Delete the first pod.
    Expected:
        - After 1 one event ResizeDeferred on versions that have it, with each sync on 1.32; no other about a resize,
          and none about the first pod.
        - After 2 one ResizeStarted and one ResizeCompleted besides on versions that have them.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resize-status
    """
    blocker = pods.start("blocker", Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"), script=IDLE_SCRIPT)
    pod = pods.start("waiting", Resources.guaranteed(cpu="100m", memory="64Mi"), script=IDLE_SCRIPT)
    pod.resize(Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"))
    assert_deferred(pod)
    assert_told(pod, ResizeDeferred=1)
    assert_told(blocker)

    pods.delete(blocker)
    pod.settle(deadline_s=pod.behaviour.deferred.after_removal_deadline_s)

    assert_told(pod, ResizeDeferred=1, ResizeStarted=1, ResizeCompleted=1)


@pytest.mark.max_kube_version("1.35")
@pytest.mark.rule("over_capacity.event")
@pytest.mark.cpu_milli(100)
def test_infeasible(idle_pod: ResizablePod, room: Room) -> None:
    """A resize to more than the node has is told of once, and taking it back is no resize.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to one CPU more than the node has, and change an annotation.
        2. Patch it back to 100m.
    Expected:
        - One event ResizeInfeasible on versions that have it, with each sync on 1.32, and no other about a resize.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resize-status
    """
    submitted = idle_pod.submit({"stress": Resources().with_cpu(room.too_much_cpu).to_json()})
    assert_over_capacity(idle_pod, submitted)
    assert_told(idle_pod, ResizeInfeasible=1)

    idle_pod.resize(Resources.guaranteed(cpu="100m", memory="64Mi"))
    idle_pod.settle()

    assert_told(idle_pod, ResizeInfeasible=1)


@pytest.mark.variant("static-cpu")
@pytest.mark.min_kube_version("1.32")
@pytest.mark.rule("static_cpu_manager.refuses")
@pytest.mark.cpu_milli(200)
def test_infeasible_by_policy(idle_pod: ResizablePod) -> None:
    """A resize that a policy of the node forbids is told of once.

    From 1.36 on no other resize is Infeasible: the API refuses what is more than the node has.

    Preconditions:
        - A cluster whose kubelet runs with cpuManagerPolicy static.
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to 200m, and change an annotation.
    Expected:
        - One event ResizeInfeasible on versions that have it, with each sync on 1.32, and no other about a resize.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resize-status
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="64Mi"))
    assert_manager_answer(idle_pod, idle_pod.behaviour.static_cpu_manager, "cpu")

    assert_told(idle_pod, ResizeInfeasible=1)


@pytest.mark.slow
@pytest.mark.lowers_memory_limit
@pytest.mark.rule("memory_shrink.event")
@pytest.mark.cpu_milli(200)
def test_held_back(steady_pod: ResizablePod) -> None:
    """A shrink that can't be applied is told of as begun and as failed, and not as done.

    Preconditions:
        - A running Guaranteed pod with 150M that holds 128M.
    Steps:
        1. Patch memory to 100M.
        2. Patch it back to 150M.
    Expected:
        - After 1 one event ResizeStarted, and ResizeError once for each text, on versions that have them; no
          ResizeCompleted.
        - After 2 ResizeStarted has come once more, and ResizeCompleted once.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resize-status
    """
    steady_pod.resize(Resources.guaranteed(cpu="100m", memory="100M"))
    assert_shrink_held_back(steady_pod)
    assert_told(steady_pod, ResizeStarted=1, ResizeError=1)

    steady_pod.resize(Resources.guaranteed(cpu="100m", memory="150M"))
    steady_pod.settle()

    assert_told(steady_pod, ResizeStarted=2, ResizeError=1, ResizeCompleted=1)
