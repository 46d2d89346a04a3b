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
MEMORY = Resources.of(memory_request="64Mi", memory_limit="64Mi")
MORE_MEMORY = Resources.of(memory_request="96Mi", memory_limit="96Mi")


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
@pytest.mark.parametrize(
    ("container", "pod_level", "of_containers", "of_the_pod"),
    [
        pytest.param(Resources(), MEMORY, {}, MORE_MEMORY, id="of_the_pod"),
        pytest.param(MEMORY, None, {CONTAINER: MORE_MEMORY}, None, id="of_the_container"),
    ],
)
def test_memory(
    pods: Pods,
    container: Resources,
    pod_level: Resources | None,
    of_containers: dict[str, Resources],
    of_the_pod: Resources | None,
) -> None:
    """The pod's status shows the memory that was asked for.

    Preconditions:
        - A running Burstable pod with a memory request and limit of 64Mi, which are its own, its container asking for
          nothing; or its container's, the pod having nothing of its own.
    Steps:
        1. Patch the memory to 96Mi.
    Expected:
        - status.resources of the pod has 96Mi as the request and as the limit.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start_one(pods, container, pod_level)

    pod.resize(of_containers, pod_level=of_the_pod)

    pod.settle(pod_status=True)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("80m", id="some", marks=pytest.mark.known_issue("KI-POD-STATUS-SUM-BY-WEIGHT")),
        pytest.param("20m", id="little", marks=pytest.mark.known_issue("KI-POD-STATUS-LOSES-VALUES")),
    ],
)
def test_cpu_request_of_a_container(pods: Pods, after: str) -> None:
    """The status of a pod without pod-level resources shows the CPU request of its container after that was resized.

    Preconditions:
        - A running Guaranteed pod without pod-level resources, whose container has 50m and 32Mi.
    Steps:
        1. Patch the container's CPU to 80m or 20m.
    Expected:
        - status.resources of the pod has CPU and memory, each as request and as limit, as the container has them.

    https://github.com/kubernetes/kubernetes/issues/141814
    """
    pod = start_one(pods, ONE, None)

    pod.resize({CONTAINER: ONE.with_cpu(after)})

    pod.settle(pod_status=True)
