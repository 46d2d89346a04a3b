"""Pods that may swap, and what a node does with a resize of their memory (KEP-2400, KEP-1287)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.answers import assert_infeasible
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from resize.pod import ResizablePod


def assert_may_swap(pod: ResizablePod) -> None:
    """Check that the kubelet takes the node for one that can swap, without which it refuses no resize for swap.

    It then writes memory.swap.max of each container, and else leaves it at the kernel's "max"
    (``configureContainerSwapResources`` in ``pkg/kubelet/kuberuntime/kuberuntime_container_linux.go``).

    Raises:
        ConformanceError: It does not.
    """
    __tracebackhide__ = True
    found = pod.cgroup.text("container", "memory.swap.max")
    if found == "max":
        raise ConformanceError(f"memory.swap.max of pod {pod.name} is max: its kubelet has set no limit of swap")


def assert_swap_answer(pod: ResizablePod) -> None:
    """Check what the version does with a new memory request of a container that may swap.

    Raises:
        ConformanceError: It was refused where it is to be granted, or the other way round, or something was applied.
    """
    __tracebackhide__ = True
    right = pod.behaviour.swap
    if right.refuses == "nothing":
        pod.settle()
        return
    assert_infeasible(pod, right.message)
