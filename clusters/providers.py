"""The providers, put together from their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusters.docker.flavours import Flavour
from clusters.docker.k3d import K3d
from clusters.docker.k3d_config import read_base
from clusters.docker.kind import Kind
from clusters.docker.provider import DockerProvider
from clusters.local.onhost import OnHost
from clusters.local.provider import LocalProvider
from clusters.uml.machine import InMachine

if TYPE_CHECKING:
    from pathlib import Path

    from clusters.components.resolver import ComponentResolver
    from clusters.progress import Progress


def local_provider(
    resolver: ComponentResolver, progress: Progress, *, stress_image: str | None = None
) -> LocalProvider:
    """The local provider with both kinds of node.

    Args:
        resolver: Finds or makes the components.
        progress: Where long steps are told.
        stress_image: Pulled instead of the one put together here.
    """
    return LocalProvider(resolver, (OnHost(), InMachine(resolver, progress)), stress_image=stress_image)


def docker_provider(
    name: str,
    resolver: ComponentResolver,
    *,
    node_image: str | None = None,
    k3d_config: Path | None = None,
    stress_image: str | None = None,
) -> DockerProvider:
    """The provider ``kind`` or ``k3d``.

    Args:
        name: Which.
        resolver: Gets its tool, where that is not on PATH.
        node_image: The value of ``--node-image``.
        k3d_config: A file of the user's that the clusters' configuration is built upon, for k3d.
        stress_image: Pulled instead of the one put together here.

    Raises:
        ClusterError: The file is none.
    """
    base = read_base(k3d_config) if k3d_config else {}
    flavour: Flavour = Kind() if name == "kind" else K3d(base)
    return DockerProvider(flavour, resolver, image=node_image or base.get("image"), stress_image=stress_image)
