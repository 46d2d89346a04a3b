"""Ephemeral containers, which have no resources of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.debugging import assert_still_there, debug
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.pod import ResizablePod


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.usefixtures("full_rights")
@pytest.mark.rule("actuation.in_place")
def test_while_somebody_debugs(pods: Pods, idle_pod: ResizablePod) -> None:
    """A pod is resized while somebody debugs it, and the debugger's container goes on.

    Raising the limits of a pod that is being looked at by ``kubectl debug`` is what one does in an incident.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, and an ephemeral container that runs in it.
    Steps:
        1. Patch the pod to 150m and 96Mi.
    Expected:
        - The resize is done on every layer, and the ephemeral container is the same one, running.

    https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
    """
    container_id = debug(idle_pod, pods.image)

    idle_pod.resize(Resources.guaranteed(cpu="150m", memory="96Mi"))

    idle_pod.settle()
    assert_still_there(idle_pod, container_id)
