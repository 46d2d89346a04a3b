"""Requests and limits that a container did not have get added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import add_and_settle, resize_and_settle, there_and_back
from resize.manifests import IDLE_SCRIPT, container
from resize.resources import Resources
from suites.multi import rows

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.pod import ResizablePod

#: Where such a resize gets stuck it does so for ever; it need not be waited for as long as for the alpha's status.
DEADLINE_S = 30.0
BESIDE = Resources.guaranteed(cpu="100m", memory="64Mi")
NOTHING = Resources()
REQUESTS = Resources.of(cpu_request="50m", memory_request="64Mi")


def start_beside(pods: Pods, resources: Resources) -> ResizablePod:
    """A pod whose first container has all requests and limits, and the second these."""
    containers = {
        name: container(name, pods.image, each, script=IDLE_SCRIPT)
        for name, each in (("c1", BESIDE), ("c2", resources))
    }
    return pods.start_all("mixed", containers)


@pytest.mark.conformance
@pytest.mark.cpu_milli(300)
@pytest.mark.rule("immutable.new_resource", "memory_shrink.limit_decrease", "status.actual_resources")
@pytest.mark.known_issue("KI-STATUS-INVENTS-CPU")
@pytest.mark.upstream("multi/six-containers")
def test_various_operations(pods: Pods) -> None:
    """Five containers with some requests get others, more, less and limits in one request.

    Preconditions:
        - A running Burstable pod of five containers that have a CPU request of 50m, or a memory request of 64Mi, or
          both, and no limits.
    Steps:
        1. Patch the first's CPU request to 70m and add a limit of 100m; the second's memory request to 56Mi and add a
           limit of 96Mi; the third's memory request to 56Mi; the fourth's CPU request to 30m and add a memory request
           of 64Mi; the fifth's memory request to 80Mi and add a CPU request of 50m.
    Expected:
        - The whole chain agrees, and no container was restarted. There is no way back, as nothing can be removed.
        - Up to 1.31 the API refuses, as the new values change the defaults of resizePolicy; and 1.33 refuses to add a
          memory limit without a restart. Nothing changes then.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#design-details
    """
    containers = {
        name: container(name, pods.image, before, script=IDLE_SCRIPT) for name, (before, _) in rows.SOME_VALUES.items()
    }
    pod = pods.start_all("five", containers)

    add_and_settle(pod, {name: after for name, (_, after) in rows.SOME_VALUES.items()})


@pytest.mark.conformance
@pytest.mark.cpu_milli(200)
@pytest.mark.rule("actuation.needs_all_limits")
@pytest.mark.known_issue("KI-SIBLING-WITHOUT-LIMITS")
@pytest.mark.upstream("alpha/mixed/scale-up")
def test_container_beside_one_without_resources(pods: Pods) -> None:
    """A container is resized beside one that asks for nothing.

    Preconditions:
        - A running Burstable pod: one container with 100m and 64Mi as requests and limits, and one without any.
    Steps:
        1. Patch the first to 150m and 96Mi.
        2. Patch it back.
    Expected:
        - After each step the whole chain agrees; the pod's cgroup has neither quota nor memory limit, as the second
          container has none.
        - 1.33 refuses to lower a memory limit without a restart, in its words, and nothing changes then.

    https://github.com/kubernetes/kubernetes/issues/126388
    """
    pod = start_beside(pods, NOTHING)

    there_and_back(pod, {"c1": Resources.guaranteed(cpu="150m", memory="96Mi")}, deadline_s=DEADLINE_S)


@pytest.mark.conformance
@pytest.mark.cpu_milli(200)
@pytest.mark.rule("immutable.new_resource")
@pytest.mark.upstream("alpha/mixed/add-requests")
def test_requests_are_added(pods: Pods) -> None:
    """A container that asks for nothing gets requests.

    Preconditions:
        - A running Burstable pod: one container with 100m and 64Mi as requests and limits, and one without any.
    Steps:
        1. Patch the second: requests of 50m and 64Mi.
    Expected:
        - The whole chain agrees, and no container was restarted.
        - Up to 1.31 the API refuses, as the new values change the defaults of resizePolicy, and nothing changes then.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#design-details
    """
    pod = start_beside(pods, NOTHING)

    add_and_settle(pod, {"c2": REQUESTS})


@pytest.mark.conformance
@pytest.mark.cpu_milli(200)
@pytest.mark.rule("actuation.needs_all_limits")
@pytest.mark.upstream("alpha/mixed/add-limits")
def test_cpu_limit_is_added(pods: Pods) -> None:
    """A container that has requests gets a CPU limit.

    Preconditions:
        - A running Burstable pod: one container with 100m and 64Mi as requests and limits, and one that requests 50m
          and 64Mi.
    Steps:
        1. Patch the second: a CPU limit of 100m.
    Expected:
        - The whole chain agrees: the container has a quota, and the pod too, as both of its containers have one.
        - No container was restarted.

    https://github.com/kubernetes/kubernetes/issues/117085
    """
    pod = start_beside(pods, REQUESTS)

    resize_and_settle(pod, {"c2": REQUESTS.with_changes(cpu_limit_milli=100)})
