"""Raising CPU and memory of a Guaranteed pod, down to the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_events
from resize.enforced import assert_pod_cgroup
from resize.resources import Resources

if TYPE_CHECKING:
    from resize.pod import ResizablePod


@pytest.mark.smoke
@pytest.mark.rule("submit.endpoint", "status.surface", "actuation.in_place", "events.reasons")
def test_cpu_and_memory_up(stress_pod: ResizablePod) -> None:
    """CPU and memory of a Guaranteed pod are raised without a restart.

    Preconditions:
        - A running Guaranteed pod with 100m and 150M.
    Steps:
        1. Patch requests and limits to 300m and 250M.
    Expected:
        - Spec, allocatedResources, status.resources, and the cgroups of container and pod agree on the new values:
          memory 249999360 (whole pages), CPU quota 30000 of 100000.
        - The pod says nothing of a resize any more; restartCount and containerID are the same.
        - The version's events, and no others, tell of it.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#design-details
    """
    stress_pod.resize(Resources.guaranteed(cpu="300m", memory="250M"))

    chain = stress_pod.settle()

    assert_pod_cgroup(chain, memory_bytes=249999360, cpu_quota_us=30000)
    assert_events(stress_pod, "ResizeStarted", "ResizeCompleted")
