"""A resize that fits the node, but not beside the other pods: it waits, and is granted when they make room."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_deferred
from resize.delays import granted_after_s
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods
    from fixtures.room import Room


@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.rule("deferred.message", "deferred.event", "deferred.event_message", "deferred.after_removal_deadline_s")
@pytest.mark.upstream("scheduler/deferred-then-granted")
def test_granted_when_another_pod_leaves(pods: Pods, room: Room, case: CaseRecord) -> None:
    """A Deferred resize is granted once another pod leaves the node.

    Preconditions:
        - A pod with 60 percent of the node's CPU, and a Guaranteed pod with 100m.
    Steps:
        1. Patch the second pod's CPU to 60 percent of the node's.
        2. Delete the first pod.
    Expected:
        - After 1 the pod says Deferred, and nothing is applied.
        - After 2 the resize is done on every layer without another request.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resize-status
    """
    blocker = pods.start("blocker", Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"), script=IDLE_SCRIPT)
    pod = pods.start("waiting", Resources.guaranteed(cpu="100m", memory="64Mi"), script=IDLE_SCRIPT)
    pod.resize(Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"))
    assert_deferred(pod)

    pods.delete(blocker)

    granted_s = granted_after_s(pod, since=time.monotonic(), deadline_s=pod.behaviour.deferred.after_removal_deadline_s)
    case.measure("granted after another pod left", granted_s, "s")


@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.rule("deferred.message", "deferred.event", "deferred.event_message", "deferred.after_shrink_deadline_s")
@pytest.mark.upstream("retry/shrink-makes-room")
def test_granted_when_another_pod_is_resized_down(pods: Pods, room: Room, case: CaseRecord) -> None:
    """A Deferred resize is granted once another pod is resized down.

    Preconditions:
        - A Guaranteed pod with 60 percent of the node's CPU, and one with 100m.
    Steps:
        1. Patch the second pod's CPU to 60 percent of the node's.
        2. Patch the first pod's CPU to 100m.
    Expected:
        - After 1 the pod says Deferred, and nothing is applied.
        - After 2 both resizes are done on every layer without another request.

    https://github.com/kubernetes/kubernetes/pull/140646
    """
    blocker = pods.start("blocker", Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"), script=IDLE_SCRIPT)
    pod = pods.start("waiting", Resources.guaranteed(cpu="100m", memory="64Mi"), script=IDLE_SCRIPT)
    pod.resize(Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"))
    assert_deferred(pod)

    shrunk = blocker.resize(Resources.guaranteed(cpu="100m", memory="64Mi"))
    blocker.settle()

    granted_s = granted_after_s(
        pod, since=shrunk.recorder.began, deadline_s=pod.behaviour.deferred.after_shrink_deadline_s
    )
    case.measure("granted after another pod shrank", granted_s, "s")
