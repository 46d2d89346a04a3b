"""Pods whose containers are over, or about to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.ending import assert_ended_quietly, resize_while_terminating, until_completed
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods

SMALL, LARGE = Resources.guaranteed(cpu="100m", memory="64Mi"), Resources.guaranteed(cpu="150m", memory="96Mi")
#: Works on for longer than the case takes, whoever asks it to end.
DEAF_SCRIPT = "trap '' TERM; while true; do sleep 0.2; done"


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("lifecycle.completed")
@pytest.mark.parametrize(("script", "phase"), [("exit 0", "Succeeded"), ("exit 1", "Failed")])
def test_completed_pod(pods: Pods, script: str, phase: str) -> None:
    """A resize of a pod that has ended does nothing, and does not wake it.

    An autoscaler that is late must not bring a finished job back to life, or leave it InProgress for ever.

    Preconditions:
        - A pod with 100m and 64Mi, restartPolicy Never, that has succeeded or failed.
    Steps:
        1. Patch it to 150m and 96Mi.
    Expected:
        - The API takes it, as it takes those of ended containers. The pod keeps its phase, its container stays
          terminated, and the status never speaks of a resize.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#lifecycle-nuances
    """
    pod = pods.start("over", SMALL, script=script, restart_policy="Never", wait=False)
    until_completed(pod, phase)

    submitted = pod.submit({"stress": LARGE.to_json()})

    assert_ended_quietly(pod, submitted, phase)


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("actuation.in_place")
def test_terminating_pod(pods: Pods) -> None:
    """A resize of a pod that is being deleted is taken, and neither delays nor undoes its end.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi that does not react to TERM, with 5 seconds of grace.
    Steps:
        1. Delete it, and while it terminates patch it to 150m and 96Mi.
    Expected:
        - The API takes it; whether the node still applies it is up to the version. The pod is gone when its grace is
          over, without a restart.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#lifecycle-nuances
    """
    pod = pods.start("ending", SMALL, script=DEAF_SCRIPT, more_spec={"terminationGracePeriodSeconds": 5})

    resize_while_terminating(pod, LARGE)
