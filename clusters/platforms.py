"""Which platforms a run's clusters get: what was asked for, or what this host and this user can have."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from clusters.contract import ClusterError
from clusters.local import host
from clusters.variants import Platform

if TYPE_CHECKING:
    from collections.abc import Sequence

NODES = ("host", "uml")
CGROUP_VERSIONS = ("v1", "v2")
#: Those whose nodes are containers, each called like the tool that makes them.
CONTAINER_PROVIDERS = ("kind", "k3d")
PROVIDERS = ("local", *CONTAINER_PROVIDERS, "existing")


def choose_provider(asked: str) -> tuple[str, str]:
    """Pick the provider.

    Args:
        asked: Its name, or ``auto``: local on Linux, elsewhere the first tool on PATH that makes nodes of containers.
            What is lacking for it is told by :mod:`clusters.doctor.preflight`.

    Returns:
        The provider's name, and for people why it is this one.
    """
    if asked != "auto":
        return asked, f"{asked}, as --cluster asks for"
    if sys.platform == "linux":
        return "local", "local, the first that works here"
    tool = next((tool for tool in CONTAINER_PROVIDERS if shutil.which(tool)), "kind")
    return tool, f"{tool}, as local clusters need Linux"


def choose_platforms(
    nodes: Sequence[str], cgroup_versions: Sequence[str], *, count: int = 1
) -> tuple[list[Platform], str]:
    """Pick the platforms.

    Args:
        nodes: What was asked for, ``host`` and ``uml``; empty leaves it to this host.
        cgroup_versions: The same for ``v1`` and ``v2``; empty means what the host has, and v2 on user-mode nodes.
        count: How many nodes each cluster is to have.

    Returns:
        The platforms, and one sentence for people: which, and why.

    Raises:
        ClusterError: There is no such platform here.
    """
    own = host.cgroup_version()
    if nodes:
        why = f"{' and '.join(nodes)}, as --node asks for"
    elif lacks := [requirement.detail for requirement in host.requirements() if requirement.blocks]:
        nodes, why = ["uml"], f"in User-Mode Linux, as this host's own kernel can't be used: {lacks[0]}"
    elif count > 1:
        nodes, why = ["uml"], "in User-Mode Linux, as clusters of several nodes are"
    elif set(cgroup_versions) - {own}:
        nodes = ["uml"]
        why = f"in User-Mode Linux, as this host has cgroup {own} and --cgroup asks for {', '.join(cgroup_versions)}"
    else:
        nodes, why = ["host"], f"on this host's own kernel, with its cgroup {own}"
    found = []
    for node in nodes:
        wanted = cgroup_versions or [own if node == "host" else "v2"]
        found += [Platform(node, version) for version in wanted if node != "host" or version == own]
    if set(cgroup_versions) - {platform.cgroup_version for platform in found}:
        raise ClusterError(
            f"--node host has cgroup {own} here, and --cgroup asks for {', '.join(cgroup_versions)}: "
            f"--node uml has either"
        )
    if count > 1 and "host" in nodes:
        raise ClusterError(f"--nodes {count}: on the host's own kernel a cluster has just one node: use --node uml")
    return found, why
