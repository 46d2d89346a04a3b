"""CPU and memory of a Guaranteed pod, one by one and together, raised and lowered under each resizePolicy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import there_and_back
from resize.manifests import CONTAINER
from suites.guaranteed import pods as guaranteed
from suites.guaranteed import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.pods import Pods
    from resize.behaviour import Behaviour
    from resize.resources import Resources


@pytest.mark.cpu_milli(300)
@pytest.mark.rule("memory_shrink.limit_decrease")
@pytest.mark.parametrize(("policy", "after"), rows.matrix())
def test_container(pods: Pods, behaviour: Behaviour, policy: Mapping[str, str], after: Resources) -> None:
    """A Guaranteed pod's container is resized and resized back, with the restarts of its resizePolicy and no others.

    Preconditions:
        - A running Guaranteed pod whose container has 100m and 96Mi, with a policy for CPU and for memory.
        - Where the version can resize sidecars: one beside it, with the same resources and policy.
    Steps:
        1. Patch requests and limits of the container: CPU to 150m, memory to 128Mi or 64Mi, or both.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees: spec, allocatedResources, status.resources, and both
          cgroup levels.
        - Each step restarts the container once if a resource that changed has the policy RestartContainer, even if both
          have it; else the container is the same as before. The sidecar always is.
        - 1.33 refuses to lower a memory limit without a restart, in its words, and nothing changes then.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#container-resize-policy
    """
    pod = guaranteed.start(pods, rows.BEFORE, policy, sidecar=behaviour.submit.sidecars)

    there_and_back(pod, {CONTAINER: after})


@pytest.mark.min_kube_version("1.33")
@pytest.mark.cpu_milli(300)
@pytest.mark.rule("submit.sidecars", "memory_shrink.limit_decrease")
@pytest.mark.parametrize(("policy", "after"), rows.with_sidecar())
def test_container_and_sidecar(pods: Pods, policy: Mapping[str, str], after: Resources) -> None:
    """A Guaranteed pod's container and sidecar are resized at once and resized back, with the restarts of their policy.

    Preconditions:
        - A running Guaranteed pod whose container and sidecar have 100m and 96Mi each, with a policy for CPU and for
          memory.
    Steps:
        1. Patch requests and limits of both: CPU to 150m, memory to 128Mi or 64Mi, or both.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees: spec, allocatedResources, status.resources, and the cgroups of both
          containers and of the pod.
        - Each step restarts both once if a resource that changed has the policy RestartContainer, else neither.
        - 1.33 refuses to lower a memory limit without a restart, in its words, and nothing changes then.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#container-resize-policy
    """
    pod = guaranteed.start(pods, rows.BEFORE, policy, sidecar=True)

    there_and_back(pod, {CONTAINER: after, guaranteed.SIDECAR: after})
