"""A container that holds an extended resource, such as a device, is resized like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import there_and_back
from resize.manifests import CONTAINER, IDLE_SCRIPT, container
from resize.refusals import assert_immutable
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.pod import ResizablePod

BEFORE = Resources.guaranteed(cpu="100m", memory="80Mi")

# The case gives the node's status a resource, which others' scheduler would see too.
pytestmark = [pytest.mark.conformance, pytest.mark.disruptive, pytest.mark.cpu_milli(200)]


@pytest.fixture
def pod(pods: Pods, extended_resource: str) -> ResizablePod:
    """A Guaranteed pod that holds one of the resource."""
    made = container(CONTAINER, pods.image, BEFORE, script=IDLE_SCRIPT)
    for part in ("requests", "limits"):
        made["resources"][part][extended_resource] = "1"
    return pods.start_all("extended", {CONTAINER: made})


@pytest.mark.slow
@pytest.mark.rule("actuation.in_place", "memory_shrink.limit_decrease")
@pytest.mark.known_issue("KI-EXTENDED-STAYS-IN-PROGRESS")
@pytest.mark.upstream("alpha/guaranteed/extended-resource")
def test_cpu_and_memory_beside_it(pod: ResizablePod) -> None:
    """CPU and memory of a container that holds an extended resource are raised and lowered again, without a restart.

    Upstream's tests of this name give the resource to the node, but never to the container.

    Preconditions:
        - A node that has an extended resource, as a device plugin would announce it.
        - A running Guaranteed pod with 100m, 80Mi and one of that resource.
    Steps:
        1. Patch requests and limits to 150m and 96Mi.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees, and no restart.
        - 1.33 refuses to lower a memory limit without a restart, in its words, and nothing changes then.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#design-details
    """
    there_and_back(pod, {CONTAINER: Resources.guaranteed(cpu="150m", memory="96Mi")})


@pytest.mark.rule("immutable.other_resources", "immutable.http_code")
def test_more_of_it(pod: ResizablePod, extended_resource: str) -> None:
    """A resize can't ask for more of an extended resource.

    A user of devices who reads that pods can be resized would try just this.

    Preconditions:
        - A running Guaranteed pod with 100m, 80Mi and one of an extended resource of which the node has three.
    Steps:
        1. Patch its request and limit to two.
    Expected:
        - The API refuses in the version's words, and nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#non-goals
    """
    two = {"requests": {extended_resource: "2"}, "limits": {extended_resource: "2"}}

    submitted = pod.submit({CONTAINER: two})

    assert_immutable(pod, submitted, pod.behaviour.immutable.other_resources)
