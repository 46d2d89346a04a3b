"""The cluster's network: a namespace with its own loopback and what its nodes hang on, reachable from nowhere else."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.local.topology import CONTROL_PLANE_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters.local.topology import NodePlace

#: The pods' bridge. On a host node it also carries the node's address.
BRIDGE = "cni0"


def bring_up_bridge(node: NodePlace) -> None:
    """Set up this network namespace for a node that shares it with the control plane."""
    _ip(
        "link set dev lo up",
        f"link add name {BRIDGE} type bridge",
        f"address add {node.address}/24 dev {BRIDGE}",
        f"link set dev {BRIDGE} up",
    )


def machine_interface(index: int) -> str:
    """The far end of a node's wire, which its user-mode kernel takes frames from and puts frames on."""
    return f"machine{index}"


def bring_up_wires(nodes: Sequence[NodePlace]) -> None:
    """Set up this network namespace for nodes that are machines: a pair of interfaces and a route for each.

    A pair of interfaces and not a tap device, which would need /dev/net/tun: hosts keep that from ordinary users, and
    containers have none.
    """
    commands = ["link set dev lo up", f"address add {CONTROL_PLANE_ADDRESS}/32 dev lo"]
    for node in nodes:
        near, far = f"wire{node.index}", machine_interface(node.index)
        commands += [
            f"link add name {near} type veth peer name {far}",
            f"address add {node.gateway}/24 dev {near}",
            f"link set dev {near} up",
            f"link set dev {far} up",
            f"route add {node.pod_network} via {node.address}",
        ]
    _ip(*commands)
    # Nodes reach each other through here.
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")


def _ip(*commands: str) -> None:
    """Run commands of ip, all in one process."""
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True, check=True)
