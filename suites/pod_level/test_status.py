"""``status.resources`` of the pod: what it really has, read back from its cgroup.

Upstream leaves this out of its cases ("conversions are off by a small number"), and so do the others here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.manifests import CONTAINER
from resize.resources import Resources
from suites.pod_level.pods import RESIZABLE, start_one

if TYPE_CHECKING:
    from fixtures.pods import Pods

pytestmark = [*RESIZABLE, pytest.mark.nightly, pytest.mark.rule("pod_level.in_status")]

ONE = Resources.guaranteed(cpu="50m", memory="32Mi")
POD = Resources.guaranteed(cpu="100m", memory="64Mi")


@pytest.mark.known_issue("KI-POD-STATUS-BY-WEIGHT")
def test_cpu_request(pods: Pods) -> None:
    """The pod's status shows the CPU request that was asked for.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, whose container has 50m and 32Mi.
    Steps:
        1. Patch the pod's CPU to 150m.
    Expected:
        - status.resources of the pod has 150m, and not what the pod's cpu.weight happens to stand for: dashboards and
          autoscalers would take the difference for a resize that is not done.

    https://github.com/kubernetes/kubernetes/issues/137628
    """
    pod = start_one(pods, ONE, POD)

    pod.resize({}, pod_level=POD.with_cpu("150m"))

    pod.settle(pod_status=True)


@pytest.mark.known_issue("KI-POD-STATUS-OLD-MEMORY-REQUEST")
def test_memory(pods: Pods) -> None:
    """The pod's status shows the memory that was asked for.

    Preconditions:
        - A running Burstable pod with a memory request and limit of 64Mi, whose container asks for nothing.
    Steps:
        1. Patch the pod's memory to 96Mi.
    Expected:
        - status.resources of the pod has 96Mi as the request and as the limit.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start_one(pods, Resources(), Resources.of(memory_request="64Mi", memory_limit="64Mi"))

    pod.resize({}, pod_level=Resources.of(memory_request="96Mi", memory_limit="96Mi"))

    pod.settle(pod_status=True)


@pytest.mark.known_issue("KI-POD-STATUS-LOSES-VALUES")
@pytest.mark.parametrize(
    "after",
    [pytest.param(ONE.with_cpu("80m"), id="cpu"), pytest.param(ONE.with_memory("48Mi"), id="memory")],
)
def test_pod_without_values_of_its_own(pods: Pods, after: Resources) -> None:
    """The status of a pod without pod-level resources shows the sums of all values after one of them was resized.

    Preconditions:
        - A running Guaranteed pod without pod-level resources, whose container has 50m and 32Mi.
    Steps:
        1. Patch the container's CPU to 80m, or its memory to 48Mi.
    Expected:
        - status.resources of the pod has CPU and memory, each as request and as limit.

    https://github.com/kubernetes/kubernetes/issues/141814
    """
    pod = start_one(pods, ONE, None)

    pod.resize({CONTAINER: after})

    pod.settle(pod_status=True)
