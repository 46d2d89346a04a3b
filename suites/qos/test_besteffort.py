"""BestEffort pods, which ask for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_qos_change_refused
from resize.manifests import CONTAINER, IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods


@pytest.mark.conformance
@pytest.mark.cpu_milli(100)
@pytest.mark.rule("qos_change.message", "qos_change.http_code")
@pytest.mark.parametrize(
    ("resource", "quantity"),
    [
        pytest.param(
            "memory",
            "64Mi",
            id="memory",
            marks=pytest.mark.upstream("invalid/besteffort-request-memory", "alpha/besteffort/request-memory"),
        ),
        pytest.param("cpu", "50m", id="cpu", marks=pytest.mark.upstream("invalid/besteffort-request-cpu")),
    ],
)
def test_first_request(pods: Pods, resource: str, quantity: str) -> None:
    """A BestEffort pod can't get a request, as that would make it Burstable.

    Preconditions:
        - A running pod without requests and limits.
    Steps:
        1. Patch a request of 64Mi, or of 50m.
    Expected:
        - The API refuses in the version's words, and nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#api-changes
    """
    pod = pods.start("besteffort", Resources(), script=IDLE_SCRIPT)

    submitted = pod.submit({CONTAINER: {"requests": {resource: quantity}}})

    assert_qos_change_refused(pod, submitted)


@pytest.mark.conformance
@pytest.mark.cpu_milli(100)
@pytest.mark.rule("actuation.in_place")
@pytest.mark.upstream("alpha/besteffort/empty-resize")
def test_empty_resize(pods: Pods) -> None:
    """A resize that asks for nothing is taken, and nothing comes of it.

    Preconditions:
        - A running pod without requests and limits.
    Steps:
        1. Patch its container with empty resources.
    Expected:
        - The API accepts, the whole chain is as before, and the pod says nothing of a resize.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#api-changes
    """
    pod = pods.start("besteffort", Resources(), script=IDLE_SCRIPT)

    pod.resize(Resources())

    pod.settle()
