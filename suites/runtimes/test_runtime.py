"""What a container runtime has to do for a resize; ``--containerd`` and ``--oci-runtime`` choose others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.resources import Resources

if TYPE_CHECKING:
    from resize.pod import ResizablePod


@pytest.mark.conformance
@pytest.mark.known_issue("KI-NO-CRI-RESOURCES")
@pytest.mark.rule("status.actual_resources", "actuation.in_place")
def test_the_runtime_tells_what_it_applied(idle_pod: ResizablePod) -> None:
    """The container runtime applies new resources and tells the kubelet of them, so that the status shows them.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch requests and limits to 200m and 96Mi.
    Expected:
        - The cgroups have the new values, each by the formula of what writes it: the pod's by the kubelet, the
          container's by runc or crun.
        - The status shows them, and the resize is done. With containerd before 1.6.9 it never is: the cgroups are
          right, and whoever waits for the status waits for ever.

    https://github.com/kubernetes/kubernetes/issues/117085
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi"))

    idle_pod.applied()
    idle_pod.settle()
