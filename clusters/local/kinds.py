"""What kinds of node there are: one on this host's own kernel, and one in a user-mode kernel of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clusters.components.resolver import Component
    from clusters.contract import ClusterRequest, Node
    from clusters.local.configuration import NodeTraits
    from clusters.local.processes import Process
    from clusters.local.state import ClusterFolder
    from clusters.local.supervision import Supervisor
    from clusters.local.topology import NodePlace, Topology


@dataclass(frozen=True, slots=True)
class Design:
    """What a cluster's nodes are to be.

    Attributes:
        traits: What they are like, all of them.
        topology: Which there are, and their addresses.
        cpus: How many CPUs each has.
        facts: What they can't do, or do otherwise than most, by name.
    """

    traits: NodeTraits
    topology: Topology
    cpus: int
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class NodePlan:
    """What a cluster's namespaces have to have and to run for its nodes.

    Attributes:
        processes: Started beside the control plane.
        files: Files of the host to be shown in the cluster's folder, by path relative to it.
        setup: What init sets up before anything starts, in JSON types (see :mod:`clusters.local.init`).
        versions: Of what is no component but matters, such as a kernel of the nodes' own.
    """

    processes: list[Process]
    files: dict[str, Path]
    setup: dict[str, Any]
    versions: dict[str, str] = field(default_factory=dict)


class NodeKind(Protocol):
    """A way to have nodes."""

    @property
    def name(self) -> str:
        """What requests call it: ``host`` or ``uml``."""
        ...

    @property
    def components(self) -> tuple[str, ...]:
        """The components that run on the nodes, by their usual names."""
        ...

    def check(self) -> None:
        """Look whether this host can have such nodes.

        Raises:
            ClusterError: It can't; every reason is named, with what to do about it.
        """
        ...

    def design(self, request: ClusterRequest) -> Design:
        """Say what the nodes will be.

        Raises:
            ClusterError: There are no such nodes of this kind.
        """
        ...

    def plan(self, folder: Path, design: Design, components: Mapping[str, Component]) -> NodePlan:
        """Write what the nodes need into the cluster's folder, and say what is to run."""
        ...

    def node(self, folder: ClusterFolder, place: NodePlace) -> Node:
        """A way to a running node."""
        ...

    def supervisor(self, folder: ClusterFolder, place: NodePlace) -> Supervisor:
        """Who starts and stops the node's processes."""
        ...
