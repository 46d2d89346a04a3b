"""Requests and limits of a Burstable pod, one by one and together, raised and lowered under each resizePolicy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import there_and_back
from resize.manifests import CONTAINER, IDLE_SCRIPT
from resize.policies import POLICIES
from suites.burstable import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.pods import Pods
    from resize.resources import Resources


@pytest.mark.cpu_milli(100)
@pytest.mark.rule("actuation.memory_request_restarts", "memory_shrink.limit_decrease")
@pytest.mark.parametrize(("policy", "after"), rows.matrix())
def test_each_policy_and_change(pods: Pods, policy: Mapping[str, str], after: Resources) -> None:
    """Each of a Burstable container's four values can be changed and changed back, with the restarts of its policy.

    Preconditions:
        - A running Burstable pod, CPU 50m of 200m and memory 64Mi of 128Mi, with a policy for CPU and for memory.
    Steps:
        1. Patch one of the four values, or all, to higher or lower ones.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees: spec, allocatedResources, status.resources, and both
          cgroup levels.
        - Each step restarts the container once if a resource that changed has the policy RestartContainer, even if both
          have it; else the container is the same as before.
        - 1.33 refuses to lower a memory limit without a restart, in its words, and nothing changes then.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#container-resize-policy
    """
    pod = pods.start("burstable", rows.BEFORE, script=IDLE_SCRIPT, resize_policy=policy)

    there_and_back(pod, {CONTAINER: after})


@pytest.mark.conformance
@pytest.mark.cpu_milli(100)
@pytest.mark.rule("memory_shrink.limit_decrease")
@pytest.mark.parametrize("after", rows.older())
def test_pairs_of_values(pods: Pods, after: Resources) -> None:
    """Two of a Burstable container's four values are changed at a time and changed back, without a restart.

    Preconditions:
        - A running Burstable pod, CPU 50m of 200m and memory 64Mi of 128Mi, with the policy NotRequired for both.
    Steps:
        1. Patch two values, in the same direction or in opposite ones.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees, and the container is the same as before.
        - 1.33 refuses to lower a memory limit without a restart, in its words, and nothing changes then.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#design-details
    """
    pod = pods.start("burstable", rows.BEFORE, script=IDLE_SCRIPT, resize_policy=POLICIES["no-restart"])

    there_and_back(pod, {CONTAINER: after})
