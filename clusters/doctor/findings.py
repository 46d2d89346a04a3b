"""What was found on this machine, by kind of node, and which kind a run would take."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clusters.components.cache import ComponentCache, default_cache_directory
from clusters.docker import requirements as docker
from clusters.doctor.golang import go_requirement
from clusters.doctor.shared import shared_requirements
from clusters.local import host
from clusters.platforms import choose_platforms
from clusters.progress import Progress
from clusters.requirement import Requirement
from clusters.uml import requirements as uml
from clusters.uml.program import NODE_INIT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: What people call the kinds of node, by the value of --node.
TITLES = {"host": "nodes on this host's own kernel", "uml": "nodes in User-Mode Linux"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to have a cluster, and what it takes that others don't.

    Attributes:
        node: The value of --node, or of --cluster where the nodes are containers.
        requirements: Each with whether it is there.
        for_this_user: Whether this user may have it at all, once everything is there.
    """

    node: str
    requirements: Sequence[Requirement]
    for_this_user: bool = True

    @property
    def option(self) -> str:
        """What asks for it: ``--node uml``, ``--cluster kind``."""
        return f"{'--node' if self.node in TITLES else '--cluster'} {self.node}"

    @property
    def title(self) -> str:
        """``local, nodes in User-Mode Linux (--node uml)``."""
        if self.node in TITLES:
            return f"local, {TITLES[self.node]} ({self.option})"
        return f"{self.node}, nodes as containers of a Docker engine ({self.option})"


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that was looked at.

    Attributes:
        kinds: The ways to have a cluster.
        shared: What all of them take.
        choice: What ``--cluster auto --node auto`` takes, as a value of --node, whether it works or not.
        why: The reason, for people.
        containers: The ways to have one of containers, where they were looked at.
    """

    kinds: Sequence[Kind]
    shared: Sequence[Requirement]
    choice: str
    why: str
    containers: Sequence[Kind] = ()

    def missing(self, kind: Kind) -> list[Requirement]:
        """What keeps a kind from working."""
        return [requirement for requirement in (*kind.requirements, *self.shared) if requirement.blocks]

    @property
    def working(self) -> list[Kind]:
        """The kinds of local cluster that work."""
        return [kind for kind in self.kinds if not self.missing(kind)]


def look(
    nodes: Sequence[str] = tuple(TITLES), components_dir: Path | None = None, *, containers: Sequence[str] = ()
) -> Findings:
    """Look at the machine.

    Args:
        nodes: The kinds of node to look at.
        components_dir: A directory with components, which then need no making.
        containers: The providers to look at whose nodes are containers.
    """
    cache = ComponentCache(default_cache_directory(), Progress())
    platforms, why = choose_platforms([], [])
    return Findings(
        kinds=[_kind(node, cache, components_dir) for node in nodes],
        shared=shared_requirements(cache, components_dir),
        choice=platforms[0].node,
        why=why,
        containers=[Kind(name, docker.requirements(name, cache, components_dir)) for name in containers],
    )


def _kind(node: str, cache: ComponentCache, components_dir: Path | None) -> Kind:
    if node == "host":
        return Kind(node, host.requirements(), for_this_user=os.geteuid() == 0)
    found = uml.requirements()
    # On a machine that can't run one, a kernel is of no use.
    if any(requirement.name == "processor" and requirement.blocks for requirement in found):
        return Kind(node, found)
    return Kind(node, [*found, uml.kernel_requirement(cache, components_dir), _first_program(cache)])


def _first_program(cache: ComponentCache) -> Requirement:
    """Whether the program that user-mode nodes begin with is there, or Go to build it."""
    if cache.lookup(NODE_INIT.entry_key, NODE_INIT.recipe) is not None:
        return Requirement(NODE_INIT.name, ok=True, detail="their first program, in the cache")
    go = go_requirement([NODE_INIT.name])
    detail = f"their first program, built once with Go {go.detail}" if go.ok else f"Go: {go.detail}"
    return replace(go, name=NODE_INIT.name, detail=detail)
