"""Nodes that give CPUs or memory to Guaranteed pods for themselves, and what they refuse to resize (KEP-1287)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from resize.answers import assert_infeasible
from resize.changes import refused_for_memory

if TYPE_CHECKING:
    from resize.pod import ResizablePod
    from resize.resources import Resources
    from resize.topics import StaticCpuManager, StaticMemoryManager


def resize_under_policy(
    pod: ResizablePod,
    wanted: Resources,
    right: StaticCpuManager | StaticMemoryManager,
    resource: Literal["cpu", "memory"],
) -> None:
    """Resize a Guaranteed pod on a node with a static policy, and check what the version does.

    Where the API does not even take it, as it lowers a memory limit, check that.

    Args:
        pod: A pod of one container.
        wanted: Its new resources.
        right: What the version does with resizes there.
        resource: Which of them differs from what the node has granted.

    Raises:
        ConformanceError: See :func:`assert_manager_answer`.
    """
    __tracebackhide__ = True
    if refused_for_memory(pod, {pod.only_container.name: wanted}):
        return
    pod.resize(wanted)
    assert_manager_answer(pod, right, resource)


def assert_manager_answer(
    pod: ResizablePod, right: StaticCpuManager | StaticMemoryManager, resource: Literal["cpu", "memory"]
) -> None:
    """Check what a node with a static policy does with a resize of a Guaranteed pod.

    Args:
        pod: The pod, whose resize was requested.
        right: What the version does.
        resource: What was changed.

    Raises:
        ConformanceError: It was refused where it is to be granted, or the other way round, or something was applied.
    """
    __tracebackhide__ = True
    if right.refuses not in {"any-resize", f"{resource}-resize"}:
        pod.settle()
        return
    assert_infeasible(pod, right.message)
