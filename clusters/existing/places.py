"""Which nodes of a cluster that others use too a run takes, and how many cases at a time: as little as is sensible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters.existing.nodes import NodeFacts

#: What one case's pods ask for at a time: :data:`fixtures.turns.CASE_CPU_MILLI`, and the seeds' 250M and more.
CASE_CPU_MILLI = 400
CASE_MEMORY_BYTES = 400 * 2**20
#: A run uses no more nodes and no more places on each: others' pods should not notice it.
MOST_NODES = 2
MOST_PLACES = 2


@dataclass(frozen=True, slots=True)
class Places:
    """The nodes that a run uses, the emptiest first, and how many cases run on each at a time."""

    nodes: tuple[NodeFacts, ...]
    on_each: int

    @property
    def cpu_milli(self) -> int:
        """What so many cases ask for, which :func:`fixtures.turns.parts_on` makes as much room of."""
        return self.on_each * CASE_CPU_MILLI


def choose_places(nodes: Sequence[NodeFacts]) -> Places:
    """Choose among the nodes that take ordinary pods.

    Where two cases fit on one node, only nodes are used on which two fit. A node whose room is not known is taken to
    have room for one.
    """
    by_room = sorted(nodes, key=lambda node: (-_places(node), -(node.free_cpu_milli or 0), node.name))
    most = max((_places(node) for node in by_room), default=0)
    chosen = tuple(node for node in by_room if most and _places(node) == most)
    return Places(chosen[:MOST_NODES], most)


def _places(node: NodeFacts) -> int:
    if node.free_cpu_milli is None or node.free_memory_bytes is None:
        return 1
    return max(0, min(MOST_PLACES, node.free_cpu_milli // CASE_CPU_MILLI, node.free_memory_bytes // CASE_MEMORY_BYTES))
