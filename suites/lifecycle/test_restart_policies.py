"""Pods that are not restarted for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.access import assert_not_taken
from resize.manifests import IDLE_SCRIPT
from resize.policies import POLICIES
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.behaviour import Behaviour
    from resize.kubectl import Kubectl

SMALL, LARGE = Resources.guaranteed(cpu="100m", memory="64Mi"), Resources.guaranteed(cpu="150m", memory="96Mi")
#: Fails when it is told to, once; then goes on.
FAIL_ONCE_SCRIPT = "until [ -e /fail ]; do sleep 0.2; done; exit 1"
FAIL = ("touch", "/fail")


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("actuation.in_place")
@pytest.mark.parametrize("restart_policy", ["Never", "OnFailure"])
def test_running_pod(pods: Pods, restart_policy: str) -> None:
    """A pod that is never restarted, or only after a failure, is resized in place like any other.

    For work that can't begin anew a resize without a restart is the only one that helps.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, restartPolicy Never or OnFailure.
    Steps:
        1. Patch it to 150m and 96Mi.
    Expected:
        - The resize is done on every layer, and nothing was restarted.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#lifecycle-nuances
    """
    pod = pods.start("once", SMALL, script=IDLE_SCRIPT, restart_policy=restart_policy)

    pod.resize(LARGE)

    pod.settle()


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("actuation.in_place")
def test_restart_after_a_resize(pods: Pods, kubectl: Kubectl) -> None:
    """A container that fails after a resize comes back with the new resources, and not with those it was created with.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, restartPolicy OnFailure.
    Steps:
        1. Patch it to 150m and 96Mi.
        2. Have the container fail.
    Expected:
        - After 1 the resize is done on every layer.
        - After 2 the container is restarted once, with 150m and 96Mi on every layer.

    https://github.com/kubernetes/kubernetes/issues/126033
    """
    pod = pods.start("failing", SMALL, script=FAIL_ONCE_SCRIPT, restart_policy="OnFailure")
    pod.resize(LARGE)
    pod.settle()

    failed = kubectl.exec("failing", FAIL)

    assert failed.returncode == 0, failed.stderr
    pod.settle(restarts={"stress": 1})


@pytest.mark.cpu_milli(100)
@pytest.mark.conformance
@pytest.mark.rule("lifecycle.never_restarts")
def test_policy_that_contradicts(pods: Pods, behaviour: Behaviour) -> None:
    """A pod that is never restarted can't have a resizePolicy by which it would be.

    Preconditions:
        - None.
    Steps:
        1. Create a pod with restartPolicy Never whose resizePolicy for memory is RestartContainer.
    Expected:
        - HTTP 422 says that the policy must be NotRequired. Before 1.29 the API takes the pod, and it runs.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#container-resize-policy
    """

    def start() -> None:
        pods.start("once", SMALL, script=IDLE_SCRIPT, restart_policy="Never", resize_policy=POLICIES["mem-restart"])

    assert_not_taken(start, message=behaviour.lifecycle.never_restarts, http_code=422)
