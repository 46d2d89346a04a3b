"""What the API server counts of resizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.live import LiveCluster
    from resize.pod import ResizablePod


@pytest.mark.variant("alone")
@pytest.mark.serial
@pytest.mark.min_kube_version("1.32")
@pytest.mark.rule("metrics.api_requests")
@pytest.mark.conformance
def test_requests_of_the_subresource(cluster: LiveCluster, idle_pod: ResizablePod) -> None:
    """The API server counts resizes apart from other changes of pods, by code: granted and refused ones.

    Why: it tells how many resizes a cluster sees, and how many of them are wrong, whoever asks for them.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to 200m, by the subresource resize.
        2. Patch only the limit of CPU to 300m, which would change the QoS class.
    Expected:
        - apiserver_request_total with resource pods and subresource resize grew by one for PATCH and code 200, and by
          one for code 422.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#monitoring-requirements
    """
    counted = cluster.counts("kube-apiserver")
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="64Mi"))
    idle_pod.settle()
    idle_pod.submit({"stress": {"limits": {"cpu": "300m"}}})

    mine = {"resource": "pods", "subresource": "resize", "verb": "PATCH"}
    counted.assert_grown("apiserver_request_total", 1, code="200", **mine)
    counted.assert_grown("apiserver_request_total", 1, code="422", **mine)
