"""Bounds for a whole pod, and for how far a limit may exceed its request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.limit_range import Bound, assert_bounds_kept, manifest
from resize.manifests import IDLE_SCRIPT, container
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.objects import Objects
    from fixtures.pods import Pods

BURSTABLE = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="96Mi")


@pytest.mark.cpu_milli(300)
@pytest.mark.conformance
@pytest.mark.rule("limit_range.enforced", "limit_range.http_code", "limit_range.bound_message")
def test_maximum_for_the_pod(objects: Objects, pods: Pods) -> None:
    """A resize of one container that takes the whole pod beyond its maximum is refused.

    Preconditions:
        - A running Guaranteed pod of two containers with 80m and 48Mi each; a limit range: 200m for a pod.
    Steps:
        1. Patch one container to 140m, which is 220m for the pod.
    Expected:
        - HTTP 403 names the pod's maximum and 220m, and nothing changes. Before 1.32 the resize is done.

    https://kubernetes.io/docs/concepts/policy/limit-range/
    """
    each = Resources.guaranteed(cpu="80m", memory="48Mi")
    containers = {name: container(name, pods.image, each, script=IDLE_SCRIPT) for name in ("one", "other")}
    pod = pods.start_all("bounded", containers)
    objects.create("limitranges", manifest("Pod", max={"cpu": "200m"}))

    assert_bounds_kept(pod, {"one": each.with_cpu("140m")}, Bound("maximum", "cpu", "Pod", "200m", "220m"))


@pytest.mark.cpu_milli(300)
@pytest.mark.conformance
@pytest.mark.rule("limit_range.enforced", "limit_range.http_code", "limit_range.ratio_message")
def test_limit_far_above_the_request(objects: Objects, pods: Pods) -> None:
    """A resize that makes a limit exceed its request by more than the ratio that is allowed is refused.

    Preconditions:
        - A running Burstable pod with 50m of 100m; a limit range: a limit at most twice the request.
    Steps:
        1. Patch the limit to 150m.
    Expected:
        - HTTP 403 names the ratio 2 and the 3 that was asked for, and nothing changes. Before 1.32 the resize is done.

    https://kubernetes.io/docs/concepts/policy/limit-range/
    """
    pod = pods.start("bounded", BURSTABLE, script=IDLE_SCRIPT)
    objects.create("limitranges", manifest("Container", maxLimitRequestRatio={"cpu": "2"}))

    wanted = BURSTABLE.with_changes(cpu_limit_milli=150)
    assert_bounds_kept(pod, {"stress": wanted}, Bound("ratio", "cpu", "Container", "2", "3"))


@pytest.mark.cpu_milli(300)
@pytest.mark.conformance
@pytest.mark.rule("limit_range.enforced", "limit_range.bound_message")
def test_bound_that_is_broken_already(objects: Objects, pods: Pods) -> None:
    """A pod that is beyond a bound which was set later can be resized only to within all bounds.

    A new limit range does nothing to running pods, until somebody resizes one for another reason.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi; a limit range that came later: at most 80m.
    Steps:
        1. Patch memory to 96Mi, and leave CPU as it is.
    Expected:
        - HTTP 403 names the maximum and the 100m that the pod has, and nothing changes. Before 1.32 the resize is done.

    https://kubernetes.io/docs/concepts/policy/limit-range/
    """
    before = Resources.guaranteed(cpu="100m", memory="64Mi")
    pod = pods.start("bounded", before, script=IDLE_SCRIPT)
    objects.create("limitranges", manifest("Container", max={"cpu": "80m"}))

    broken = Bound("maximum", "cpu", "Container", "80m", "100m")
    assert_bounds_kept(pod, {"stress": before.with_memory("96Mi")}, broken)
