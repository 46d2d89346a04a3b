"""Nodes that give CPUs or memory to Guaranteed pods for themselves, and what they refuse to resize (KEP-1287)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from resize.answers import HOLDS_FOR_S, until_state

if TYPE_CHECKING:
    from resize.pod import ResizablePod
    from resize.topics import StaticCpuManager, StaticMemoryManager


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
    until_state(pod, "Infeasible", message=right.message if pod.behaviour.status.surface == "conditions" else None)
    pod.unchanged(for_s=HOLDS_FOR_S, settled=False)
