"""Who has which address in a cluster's own network namespace."""

from __future__ import annotations

from dataclasses import dataclass

#: Where the control plane is reached by nodes that are machines with networks of their own.
CONTROL_PLANE_ADDRESS = "10.245.0.1"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class NodePlace:
    """A node and its addresses.

    Attributes:
        index: Its number, from 0.
        name: Its name in Kubernetes.
        address: Its own; not a loopback one (pkg/kubelet/kubelet_node_status.go, validateNodeIP).
        pod_network: Its pods' addresses, as a network with prefix length.
    """

    index: int
    name: str
    address: str
    pod_network: str

    @property
    def gateway(self) -> str:
        """The first address of the node's network: the control plane's end of the wire."""
        return self.address.rpartition(".")[0] + ".1"

    @property
    def directory(self) -> str:
        """The folder of the node's own configuration, below the cluster's ``etc``."""
        return f"node-{self.index}"

    def numbered(self, component: str) -> str:
        """A component's name, such as ``kubelet``, and on further nodes ``kubelet-2``: its log's name too."""
        return f"{component}-{self.index + 1}" if self.index else component


@dataclass(frozen=True, slots=True)
class Topology:
    """Where the control plane and the nodes are.

    Attributes:
        api_address: Where kube-apiserver listens.
        advertised: What it says of itself; not a loopback address.
        nodes: All nodes.
    """

    api_address: str
    advertised: str
    nodes: tuple[NodePlace, ...]


def on_host(cluster_name: str) -> Topology:
    """One node that shares the control plane's network; its address is its bridge's."""
    node = NodePlace(0, _node_name(cluster_name, 0), "10.244.0.1", "10.244.0.0/24")
    return Topology(LOOPBACK, node.address, (node,))


def beside_machines(cluster_name: str, count: int) -> Topology:
    """Nodes that are machines of their own, each on a wire to the control plane."""
    nodes = tuple(
        NodePlace(index, _node_name(cluster_name, index), f"10.245.{index + 1}.2", f"10.244.{index + 1}.0/24")
        for index in range(count)
    )
    return Topology(CONTROL_PLANE_ADDRESS, CONTROL_PLANE_ADDRESS, nodes)


def _node_name(cluster_name: str, index: int) -> str:
    return f"{cluster_name}-node" + (f"-{index + 1}" if index else "")
