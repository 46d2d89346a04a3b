"""The node's network: its namespace's own loopback and one bridge, reachable from nowhere else."""

from __future__ import annotations

import subprocess

#: The pods' bridge, which also carries the node's address: a node's address may not be a loopback one
#: (source: pkg/kubelet/kubelet_node_status.go, validateNodeIP).
BRIDGE = "cni0"


def bring_up(node_address: str) -> None:
    """Set up the interfaces of this network namespace.

    Args:
        node_address: The node's address with its prefix length, such as ``10.244.0.1/24``.
    """
    for command in (
        "link set dev lo up",
        f"link add name {BRIDGE} type bridge",
        f"address add {node_address} dev {BRIDGE}",
        f"link set dev {BRIDGE} up",
    ):
        subprocess.run(["ip", *command.split()], check=True)
