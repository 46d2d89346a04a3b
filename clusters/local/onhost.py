"""Nodes on this host's own kernel: containerd and the kubelet as processes in the cluster's namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusters.contract import ClusterError
from clusters.local import host, processes
from clusters.local.kinds import Design, NodePlan
from clusters.local.mounts import NODE_ROOT
from clusters.local.node import LocalNode
from clusters.local.state import clusters_root
from clusters.local.supervision import Control
from clusters.local.topology import on_host

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clusters.components.resolver import Component
    from clusters.contract import ClusterRequest
    from clusters.local.state import ClusterFolder
    from clusters.local.topology import NodePlace


class OnHost:
    """One node a cluster; needs root, and has the cgroup version that the host has."""

    name = "host"
    components = (
        "kubelet", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "bridge", "host-local", "loopback",
    )  # fmt: skip

    def check(self) -> None:
        """Raise :class:`ClusterError` with every reason why no such node can run here, if there is one."""
        host.check_host()

    def design(self, request: ClusterRequest) -> Design:
        """One node, as this host lets it be."""
        traits = host.node_traits(clusters_root(), request.name)
        if request.cgroup_version not in {None, traits.cgroup_version}:
            raise ClusterError(
                f"this host's nodes have cgroup {traits.cgroup_version}, and {request.cgroup_version} is asked for: "
                f"use --node uml, which has either"
            )
        if request.cpus is not None and host.cpus() < request.cpus:
            raise ClusterError(
                f"this host has {host.cpus()} CPU, and the cluster is to have {request.cpus}: use --node uml, whose "
                f"nodes may have more than their host"
            )
        if request.nodes != 1:
            raise ClusterError("--node host has one node a cluster, as the host has one kernel: use --node uml")
        return Design(traits, on_host(request.name), host.cpus(), host.facts(traits))

    def plan(self, folder: Path, design: Design, components: Mapping[str, Component]) -> NodePlan:
        """The node's two processes, a folder that becomes its /var, and cgroups of the host."""
        (folder / "var").mkdir()
        (node,) = design.topology.nodes
        return NodePlan(
            processes=[processes.containerd(node), processes.kubelet(node, design.topology)],
            files={f"bin/{name}": component.path for name, component in components.items()},
            setup={"host_cgroups": True},
        )

    def node(self, folder: ClusterFolder, place: NodePlace) -> LocalNode:
        """The node, by the PID of the cluster's first process."""
        state = folder.state
        if state is None:
            raise ClusterError(f"cluster {folder.name} is gone; `python -m clusters list` shows what there is")
        return LocalNode(place.name, int(state["init_pid"]), path=f"{NODE_ROOT}/bin")

    def supervisor(self, folder: ClusterFolder, place: NodePlace) -> Control:
        """The cluster's first process, as for the control plane."""
        return Control(folder, place.numbered)
