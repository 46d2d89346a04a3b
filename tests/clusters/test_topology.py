from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from clusters.local.topology import CONTROL_PLANE_ADDRESS, NodePlace, Topology, beside_machines, on_host


def test_host_node_shares_the_control_planes_network() -> None:
    topology = on_host("a")
    (node,) = topology.nodes
    assert topology.api_address == "127.0.0.1"
    # The API server refuses to advertise a loopback address.
    assert topology.advertised == node.address == "10.244.0.1"
    assert node.name == "a-node"


def test_machines_are_beside_the_control_plane() -> None:
    topology = beside_machines("a", 3)
    assert topology.api_address == topology.advertised == CONTROL_PLANE_ADDRESS
    assert [node.name for node in topology.nodes] == ["a-node", "a-node-2", "a-node-3"]
    assert [node.index for node in topology.nodes] == [0, 1, 2]
    assert [node.address for node in topology.nodes] == ["10.245.1.2", "10.245.2.2", "10.245.3.2"]


@pytest.mark.parametrize("topology", [on_host("a"), beside_machines("a", 3)])
def test_no_two_networks_overlap(topology: Topology) -> None:
    pods = [ip_network(node.pod_network) for node in topology.nodes]
    wires = [ip_network(f"{node.address}/24", strict=False) for node in topology.nodes]
    networks = pods if pods == wires else [*pods, *wires]
    assert not any(one.overlaps(other) for one in networks for other in networks if one is not other)
    assert not any(ip_address(CONTROL_PLANE_ADDRESS) in network for network in networks)


def test_gateway_is_the_other_end_of_the_wire() -> None:
    for node in beside_machines("a", 3).nodes:
        assert node.gateway != node.address
        assert ip_address(node.gateway) in ip_network(f"{node.address}/24", strict=False)


def test_names_of_further_nodes_are_numbered() -> None:
    first, second = beside_machines("a", 2).nodes
    assert (first.numbered("kubelet"), second.numbered("kubelet")) == ("kubelet", "kubelet-2")
    assert (first.directory, second.directory) == ("node-0", "node-1")


def test_place_survives_the_record() -> None:
    # As a cluster's record keeps it (ClusterRecord.private).
    (node,) = on_host("a").nodes
    document = {name: getattr(node, name) for name in ("index", "name", "address", "pod_network")}
    assert NodePlace(**document) == node
