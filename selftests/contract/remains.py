"""What there is of a cluster on this machine, whoever made it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from clusters.api import KubeApi
from clusters.contract import ClusterError
from clusters.docker.engine import Engine
from clusters.docker.k3d import K3d
from clusters.docker.kind import Kind
from clusters.existing.ours import SELECTOR
from selftests.leaks.traces import on_disk, running

if TYPE_CHECKING:
    from pathlib import Path

    from clusters.docker.flavours import Flavour
    from selftests.contract.asked import Asked

_FLAVOURS: dict[str, Flavour] = {"kind": Kind(), "k3d": K3d()}

#: The label of a cluster's containers, by the tool that makes them.
LABELS = {name: flavour.label for name, flavour in _FLAVOURS.items()}


def remains(asked: Asked, name: str, root: Path) -> list[str]:
    """One line for each thing: containers, networks and volumes, or processes, or namespaces; and files.

    Args:
        asked: Says who would have made it.
        name: The cluster's.
        root: The folder of all clusters.
    """
    if asked.name == "existing":
        return _in_cluster(root)
    if asked.name not in _FLAVOURS:
        return [*running(name), *on_disk(name, root)]
    return [*_in_engine(asked.name, name), *on_disk(name, root)]


def _in_cluster(root: Path) -> list[str]:
    """What any run has in a cluster that was there before, and in its folder here."""
    api, folders = KubeApi(os.environ["KUBECONFIG"]), root.with_name("existing")
    namespaces = api.get("/api/v1/namespaces", labelSelector=SELECTOR)["items"]
    return [
        *(f"namespace {item['metadata']['name']}" for item in namespaces),
        *(str(path) for path in (folders.iterdir() if folders.is_dir() else ())),
    ]


def _in_engine(tool: str, name: str) -> list[str]:
    engine, flavour = Engine(), _FLAVOURS[tool]
    try:
        client = engine.client
    except ClusterError:
        return []
    shared = {flavour.shared_network} if not client.api.containers(all=True) else set()
    return [
        *(f"container {container.name}" for container in engine.containers(flavour.label, name)),
        *(f"network {network.name}" for network in client.networks.list() if name in network.name),
        *(f"network {network.name}" for network in client.networks.list() if network.name in shared),
        *(f"volume {volume.name}" for volume in client.volumes.list() if name in volume.name),
    ]
