"""Pod-level values that are raised by little, or that a pod gets only by the resize."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import resize_and_settle, there_and_back
from resize.manifests import CONTAINER
from resize.resources import Resources
from suites.pod_level.pods import RESIZABLE, start_one

if TYPE_CHECKING:
    from fixtures.pods import Pods

pytestmark = [*RESIZABLE, pytest.mark.rule("pod_level.refused", "pod_level.in_status")]

#: Upstream's limits are a tenth of these. A container starts within its limit, which takes minutes on a user-mode node.
SMALL = Resources.of(cpu_request="2m", cpu_limit="100m")
RAISED = Resources.of(cpu_request="5m", cpu_limit="250m")


@pytest.mark.nightly
@pytest.mark.upstream("plr/single/equivalents")
def test_container_values_below_the_kernels_least(pods: Pods) -> None:
    """A container's CPU is lowered to values that mean the same to the kernel, and the status shows them all the same.

    Preconditions:
        - A running Burstable pod whose container has 2m of 10m of CPU, which is the least that the kernel takes. (It
          starts with 2m of 100m, as it would take too long within less.)
    Steps:
        1. Patch the request to 1m and the limit to 5m.
        2. Patch them back.
    Expected:
        - Spec and status show the values that were asked for, and the cgroups stay as they are.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources
    """
    pod = start_one(pods, SMALL, None)
    resize_and_settle(pod, {CONTAINER: Resources.of(cpu_request="2m", cpu_limit="10m")})

    there_and_back(pod, {CONTAINER: Resources.of(cpu_request="1m", cpu_limit="5m")})


@pytest.mark.nightly
@pytest.mark.upstream("plr/single/pod-level-equivalents")
def test_small_pod_level_values(pods: Pods) -> None:
    """A pod's own CPU is raised by a millicpu or five, and lowered again.

    Preconditions:
        - A running Burstable pod with a CPU request of 4m and a limit of 200m, whose container has 2m and 100m.
    Steps:
        1. Patch the pod's request to 5m and its limit to 250m.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees; the container's values and cgroup stay as they are.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start_one(pods, SMALL, Resources.of(cpu_request="4m", cpu_limit="200m"))

    there_and_back(pod, {}, pod_level=RAISED)


@pytest.mark.nightly
@pytest.mark.upstream("plr/single/add-limits")
def test_limit_that_was_the_containers_is_raised(pods: Pods) -> None:
    """A pod's limit that equals its container's is raised above it.

    Preconditions:
        - A running Burstable pod with a CPU request of 4m and a limit of 100m, whose container has 2m and 100m.
    Steps:
        1. Patch the pod's request to 5m and its limit to 250m.
    Expected:
        - The whole chain agrees; the container's values and cgroup stay as they are.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start_one(pods, SMALL, Resources.of(cpu_request="4m", cpu_limit="100m"))

    resize_and_settle(pod, {}, pod_level=RAISED)


@pytest.mark.conformance
@pytest.mark.upstream("plr/single/add-requests-and-limits")
def test_pod_gets_values_of_its_own(pods: Pods) -> None:
    """A running pod without pod-level resources gets some by a resize.

    Preconditions:
        - A running Burstable pod without pod-level resources, whose container has 2m of 100m of CPU.
    Steps:
        1. Patch the pod's request to 5m and its limit to 250m.
    Expected:
        - The whole chain agrees: the pod's cgroup has the pod's values in place of the container's.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start_one(pods, SMALL, None)

    resize_and_settle(pod, {}, pod_level=RAISED)


@pytest.mark.nightly
@pytest.mark.upstream("plr/single/no-container-resources")
def test_requests_of_the_pod_alone(pods: Pods) -> None:
    """A pod whose containers ask for nothing has its own requests raised.

    Preconditions:
        - A running Burstable pod with requests of 4m and 10Mi and no limits, whose container asks for nothing.
    Steps:
        1. Patch the pod's requests to 5m and 25Mi. (Upstream writes 10m and 25m of memory, thousandths of a byte, where
           it must mean these.)
    Expected:
        - The whole chain agrees; the container's cgroup has no limits, before and after.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start_one(pods, Resources(), Resources.of(cpu_request="4m", memory_request="10Mi"))

    resize_and_settle(pod, {}, pod_level=Resources.of(cpu_request="5m", memory_request="25Mi"))


@pytest.mark.nightly
def test_container_and_pod_at_once(pods: Pods) -> None:
    """Container and pod are raised in one request, beyond what each alone would be allowed, and lowered again.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, all of which its container has.
    Steps:
        1. Patch both to 150m and 96Mi in one request.
        2. Patch both back.
    Expected:
        - After each step the whole chain agrees, without a restart. Users who let a controller raise both must not have
          to do so in two steps, of which one would be refused.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    before, after = Resources.guaranteed(cpu="100m", memory="64Mi"), Resources.guaranteed(cpu="150m", memory="96Mi")
    pod = start_one(pods, before, before)

    there_and_back(pod, {CONTAINER: after}, pod_level=after)
