"""A resize and its namespace's bounds for containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import resize_and_settle
from resize.limit_range import Bound, assert_bounds_kept, manifest
from resize.manifests import IDLE_SCRIPT
from resize.policies import POLICIES
from resize.resources import Resources

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from fixtures.objects import Objects
    from fixtures.pods import Pods

BOUNDS = manifest("Container", max={"cpu": "200m", "memory": "128Mi"}, min={"cpu": "50m", "memory": "48Mi"})
BEFORE = Resources.guaranteed(cpu="100m", memory="64Mi")
MUCH_CPU = Bound("maximum", "cpu", "Container", "200m", "250m")
MUCH_MEMORY = Bound("maximum", "memory", "Container", "128Mi", "160Mi")
LITTLE_CPU = Bound("minimum", "cpu", "Container", "50m", "20m")
LITTLE_MEMORY = Bound("minimum", "memory", "Container", "48Mi", "32Mi")
#: A memory limit can be lowered on each version where the container may be restarted.
POLICY = POLICIES["mem-restart"]


def _case(upstream: str, *values: object) -> ParameterSet:
    return pytest.param(*values, marks=pytest.mark.upstream(f"limitrange/{upstream}"), id=upstream)


@pytest.mark.cpu_milli(300)
@pytest.mark.conformance
@pytest.mark.rule("limit_range.enforced", "limit_range.http_code", "limit_range.bound_message")
@pytest.mark.upstream("alpha/limitrange")
@pytest.mark.parametrize(
    ("cpu", "memory", "broken"),
    [
        _case("exceed-cpu", "250m", "80Mi", [MUCH_CPU]),
        _case("exceed-memory", "90m", "160Mi", [MUCH_MEMORY]),
        _case("exceed-cpu-memory", "250m", "160Mi", [MUCH_CPU, MUCH_MEMORY]),
        _case("below-min-cpu", "20m", "80Mi", [LITTLE_CPU]),
        _case("below-min-memory", "90m", "32Mi", [LITTLE_MEMORY]),
        _case("below-min-cpu-memory", "20m", "32Mi", [LITTLE_CPU, LITTLE_MEMORY]),
    ],
)
def test_beyond_the_bounds(objects: Objects, pods: Pods, cpu: str, memory: str, broken: list[Bound]) -> None:
    """A resize beyond the bounds for containers is refused with each bound that it breaks.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, and a limit range for containers: 50m to 200m, 48Mi to 128Mi.
    Steps:
        1. Patch the pod to more, or less, than that.
    Expected:
        - HTTP 403 names each bound and what was asked for, and nothing changes. Before 1.32 nobody looks at limit
          ranges when a pod is updated, and the resize is done.

    https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/admission/limitranger/admission.go
    """
    pod = pods.start("bounded", BEFORE, script=IDLE_SCRIPT, resize_policy=POLICY)
    objects.create("limitranges", BOUNDS)

    assert_bounds_kept(pod, {"stress": Resources.guaranteed(cpu=cpu, memory=memory)}, *broken)


@pytest.mark.cpu_milli(300)
@pytest.mark.conformance
@pytest.mark.rule("limit_range.enforced")
@pytest.mark.upstream("alpha/limitrange")
@pytest.mark.parametrize(
    ("cpu", "memory"),
    [
        _case("increase-cpu", "150m", "64Mi"),
        _case("increase-memory", "100m", "96Mi"),
        _case("increase-cpu-memory", "200m", "128Mi"),
        _case("decrease-memory", "100m", "56Mi"),
        _case("decrease-cpu", "60m", "64Mi"),
        _case("decrease-cpu-memory", "50m", "48Mi"),
    ],
)
def test_within_the_bounds(objects: Objects, pods: Pods, cpu: str, memory: str) -> None:
    """A resize within the bounds for containers is done, up to the bounds themselves.

    Upstream's cases decrease-memory and decrease-cpu raise both values in fact; these lower one and leave the other.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, and a limit range for containers: 50m to 200m, 48Mi to 128Mi.
    Steps:
        1. Patch the pod to more, or less, but not beyond that.
    Expected:
        - The resize is done on every layer.

    https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/admission/limitranger/admission.go
    """
    pod = pods.start("bounded", BEFORE, script=IDLE_SCRIPT, resize_policy=POLICY)
    objects.create("limitranges", BOUNDS)

    resize_and_settle(pod, {"stress": Resources.guaranteed(cpu=cpu, memory=memory)})
