"""The conditions of a resize: which request each of them speaks of, since when, and both at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_deferred, assert_shrink_held_back
from resize.conditions import assert_both_conditions, assert_never_fell_back, assert_same_transition
from resize.manifests import HOLD_SCRIPT, IDLE_SCRIPT, STRESS_BYTES_IN_USE
from resize.oom import until_memory_used
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from fixtures.room import Room
    from resize.pod import ResizablePod


@pytest.mark.rule("status.observed_generation", "status.pending_beside_in_progress")
@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.min_kube_version("1.34")
@pytest.mark.conformance
def test_pending_beside_in_progress(pods: Pods, room: Room) -> None:
    """A resize that waits is told of beside one that is in progress, each with the generation that asked for it.

    Why: a controller that sees only one of them takes the answer to its old request for that to its new one.

    Preconditions:
        - A pod with 60 percent of the node's CPU.
        - A Guaranteed pod with 100m and 150M that holds 128M.
    Steps:
        1. Patch the second pod's memory to 100M, which is below its usage.
        2. Patch its CPU to 60 percent of the node's.
        3. Patch both back.
    Expected:
        - After 1 PodResizeInProgress has the reason Error and the generation of that request.
        - After 2 it has so still, and PodResizePending has the reason Deferred and the generation of the second.
        - After 3 both are gone, and every layer agrees on 100m and 150M, in the same container.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resize-status
    """
    pods.start("blocker", Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"), script=IDLE_SCRIPT)
    pod = pods.start("both", Resources.guaranteed(cpu="100m", memory="150M"), script=HOLD_SCRIPT)
    until_memory_used(pod, above_bytes=STRESS_BYTES_IN_USE)
    pod.resize(Resources.guaranteed(cpu="100m", memory="100M"))
    assert_shrink_held_back(pod)
    first = pod.view.generation

    pod.resize(Resources.guaranteed(cpu=room.cpu(0.6), memory="100M"))
    assert_both_conditions(pod, in_progress=first, pending=first + 1)

    pod.resize(Resources.guaranteed(cpu="100m", memory="150M"))
    pod.settle()


@pytest.mark.rule("status.transition_time_kept", "deferred.message")
@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.min_kube_version("1.33")
@pytest.mark.conformance
def test_deferred_since_when(pods: Pods, room: Room) -> None:
    """A Deferred resize tells since when it waits, however often the kubelet looks at it.

    Why: who waits longest is served first (KEP-1287, Priority of Resize Requests), and people want to know it too.

    Preconditions:
        - A pod with 60 percent of the node's CPU, and one with 100m whose resize to 60 percent is Deferred.
    Steps:
        1. Change an annotation of the second pod, so that the kubelet looks at it again.
    Expected:
        - lastTransitionTime of PodResizePending is as before.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resize-status
    """
    pods.start("blocker", Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"), script=IDLE_SCRIPT)
    pod = pods.start("waiting", Resources.guaranteed(cpu="100m", memory="64Mi"), script=IDLE_SCRIPT)
    pod.resize(Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"))
    assert_deferred(pod)

    assert_same_transition(pod, "PodResizePending")


@pytest.mark.rule("status.never_falls_back")
@pytest.mark.conformance
def test_finished_resize_stays_finished(idle_pod: ResizablePod) -> None:
    """The status of a finished resize never shows the old values again.

    Why: a controller that reads them then believes that its resize was undone, and asks again.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU and memory to 200m and 96Mi.
        2. Once that is done, change an annotation twice, so that the kubelet looks at the pod again.
    Expected:
        - Each value of status.resources has changed once, and stays so; the pod speaks of no resize any more.

    https://github.com/kubernetes/kubernetes/issues/128993
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi"))
    idle_pod.settle()

    assert_never_fell_back(idle_pod)
