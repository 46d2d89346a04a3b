"""cpu.weight, which the runtime writes for a container and the kubelet for its pod, each by a formula of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.cgroup_files import assert_weights
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods


@pytest.mark.conformance
@pytest.mark.cgroup("v2")
@pytest.mark.rule("cgroups.pod_weight")
def test_weight_follows_the_request(pods: Pods, case: CaseRecord) -> None:
    """cpu.weight of container and pod follow the CPU request, each by the formula of who writes it.

    Preconditions:
        - A running Burstable pod that requests 100m of 500m.
    Steps:
        1. Patch the request to 300m, and then back to 100m.
    Expected:
        - The container's weight is 17, then 40, then 17 with runc 1.3.2 or newer, and 4, 12, 4 with an older one.
        - The pod's is 4, then 12, then 4: all kubelets up to now compute it the old way.

    https://github.com/kubernetes/kubernetes/issues/131216
    """
    small = Resources.of(cpu_request="100m", cpu_limit="500m", memory_request="64Mi", memory_limit="64Mi")
    pod = pods.start("weight", small, script=IDLE_SCRIPT)
    assert_weights(pod, case, "with 100m", linear=4, quadratic=17)

    pod.resize(Resources.of(cpu_request="300m", cpu_limit="500m", memory_request="64Mi", memory_limit="64Mi"))
    pod.settle()
    assert_weights(pod, case, "with 300m", linear=12, quadratic=40)

    pod.resize(small)
    pod.settle()
    assert_weights(pod, case, "with 100m again", linear=4, quadratic=17)
