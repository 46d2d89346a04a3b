"""Containers that have requests but no limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods

#: Every version writes a cgroup within a second; one that has not by then does not.
DEADLINE_S = 15.0


@pytest.mark.conformance
@pytest.mark.known_issue("KI-LIMITS-EVERYWHERE")
@pytest.mark.rule("actuation.needs_all_limits")
@pytest.mark.upstream("alpha/requests-only/increase-cpu")
def test_request_of_a_container_without_limits(pods: Pods) -> None:
    """The CPU request of a container that has no limits is raised.

    Preconditions:
        - A running Burstable pod that requests 100m and 64Mi and has no limits.
    Steps:
        1. Patch the CPU request to 500m.
    Expected:
        - The whole chain agrees: CPU shares or weight rise in the cgroups of container and pod, there is still no
          quota and no memory limit, and no restart.

    https://github.com/kubernetes/kubernetes/issues/126388
    """
    pod = pods.start("unlimited", Resources.of(cpu_request="100m", memory_request="64Mi"), script=IDLE_SCRIPT)

    pod.resize(Resources.of(cpu_request="500m", memory_request="64Mi"))

    pod.settle(deadline_s=DEADLINE_S)
