"""A resize of one resource leaves the other alone, in every reading that was taken meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.isolation import assert_cpu_never_changed, assert_memory_never_changed
from resize.resources import Resources

if TYPE_CHECKING:
    from resize.pod import ResizablePod


@pytest.mark.rule("actuation.in_place", "actuation.leaves_other_resource")
@pytest.mark.conformance
def test_memory_leaves_cpu_alone(idle_pod: ResizablePod) -> None:
    """A resize of memory alone never touches the CPU quota, its period, or the CPU shares, not for a moment.

    Why: a runtime that wrote back what it believed would undo what others had set, or lift the quota for a while.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch memory to 96Mi, and then to 128Mi.
    Expected:
        - Each is done on every layer, in the same container.
        - No reading of the container's or the pod's cgroup, every few milliseconds, had another CPU value.

    https://github.com/opencontainers/runc/issues/4225
    """
    idle_pod.resize(Resources.guaranteed(cpu="100m", memory="96Mi"))
    idle_pod.settle()
    idle_pod.resize(Resources.guaranteed(cpu="100m", memory="128Mi"))
    idle_pod.settle()

    assert_cpu_never_changed(idle_pod)


@pytest.mark.rule("actuation.in_place", "actuation.leaves_other_resource")
@pytest.mark.conformance
def test_cpu_leaves_memory_alone(idle_pod: ResizablePod) -> None:
    """A resize of CPU alone never touches the memory limit, not for a moment.

    Why: a limit that is lifted for a moment lets the workload take what it is killed for afterwards.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to 200m, and then to 150m.
    Expected:
        - Each is done on every layer, in the same container.
        - No reading of the container's or the pod's cgroup, every few milliseconds, had another memory limit.

    https://github.com/opencontainers/runc/issues/2464
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="64Mi"))
    idle_pod.settle()
    idle_pod.resize(Resources.guaranteed(cpu="150m", memory="64Mi"))
    idle_pod.settle()

    assert_memory_never_changed(idle_pod)
