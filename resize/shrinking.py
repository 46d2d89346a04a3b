"""A shrink of memory that is held back, and what the scheduler may give away meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.answers import NEXT_SYNC_DEADLINE_S, assert_refused, until_taken_up
from resize.scheduling import until_started, until_unschedulable

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from resize.pod import ResizablePod
    from resize.resources import Resources


def assert_counted_until_free(
    holder: ResizablePod,
    less: Resources,
    pending: ResizablePod,
    *,
    free: Callable[[], subprocess.CompletedProcess[str]],
) -> None:
    """Shrink a pod below what it uses; check that another pod gets the room only once the memory is free.

    Args:
        holder: A pod of one container that holds its memory.
        less: The container's new resources.
        pending: The pod that waits for room.
        free: Has the holder give back its memory.

    Raises:
        ConformanceError: The other pod got the room at once, or never. Or a version that does not take such a shrink
            took it.
    """
    __tracebackhide__ = True
    right = holder.behaviour.memory_shrink
    if right.limit_decrease == "forbidden":
        submitted = holder.submit({holder.only_container.name: less.to_json()})
        assert_refused(holder, submitted, message=right.message, http_code=right.http_code)
        return
    holder.resize(less)
    until_taken_up(holder)
    until_unschedulable(pending)
    freed = free()
    assert freed.returncode == 0, freed.stderr
    holder.settle(deadline_s=NEXT_SYNC_DEADLINE_S)
    until_started(pending)
