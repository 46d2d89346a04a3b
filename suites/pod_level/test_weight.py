"""What CPU a container without a request gets beside others, under the pod's limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.cgroup_expected import expected_container
from resize.manifests import CONTAINER
from resize.podlevel import passed_on
from resize.resources import Resources
from suites.pod_level.pods import RESIZABLE, start_one

if TYPE_CHECKING:
    from fixtures.pods import Pods

pytestmark = [*RESIZABLE, pytest.mark.nightly, pytest.mark.rule("cgroups.without_request")]

POD = Resources.guaranteed(cpu="100m", memory="64Mi")


@pytest.mark.known_issue("KI-POD-LEVEL-WEIGHT-LOST")
@pytest.mark.parametrize(
    "after",
    [pytest.param(POD.with_cpu("150m"), id="cpu"), pytest.param(POD.with_memory("96Mi"), id="memory")],
)
def test_is_kept(pods: Pods, after: Resources) -> None:
    """A container that is weighed by the pod's CPU limit still is after a resize of the pod.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, whose container asks for nothing, and has the weight of 100m.
    Steps:
        1. Patch the pod's CPU to 150m, or its memory to 96Mi.
    Expected:
        - The container's cpu.weight is that of 150m, or stays that of 100m. At the least weight instead, the container
          would starve beside a sidecar with a request, and nothing in the pod's status would tell why.

    https://github.com/kubernetes/kubernetes/issues/135260
    """
    pod = start_one(pods, Resources(), POD)

    pod.resize({}, pod_level=after)

    reading = pod.settle().container_cgroups[CONTAINER]
    assert reading is not None
    right = expected_container(passed_on(Resources(), after), *pod.observer.layout, weight=pod.runtime_weight)
    wrong = right.mismatches(reading)
    assert wrong == [], "; ".join(wrong)
