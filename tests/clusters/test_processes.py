from __future__ import annotations

import pytest

from clusters.local import processes
from clusters.local.processes import Process, gates_flag
from clusters.local.topology import Topology, beside_machines, on_host

TOPOLOGIES = [on_host("a"), beside_machines("a", 2)]


def _all(gates: dict[str, bool], topology: Topology = TOPOLOGIES[0]) -> dict[str, Process]:
    found = [
        *processes.control_plane(topology, lambda _: gates),
        *(processes.containerd(node) for node in topology.nodes),
        *(processes.kubelet(node, topology) for node in topology.nodes),
        processes.metrics_server(),
    ]
    return {process.name: process for process in found}


def test_gates_flag() -> None:
    assert gates_flag({}) == []
    assert gates_flag({"B": False, "A": True}) == ["--feature-gates=A=true,B=false"]


@pytest.mark.parametrize("name", ["kube-apiserver", "kube-controller-manager", "kube-scheduler"])
def test_control_plane_gets_the_gates(name: str) -> None:
    gates = [argument for argument in _all({"X": True})[name].argv if argument.startswith("--feature-gates")]
    assert gates == ["--feature-gates=X=true"]


def test_others_take_no_gates() -> None:
    # The kubelet reads them from its configuration; the rest are not Kubernetes' own.
    for name in ("etcd", "containerd", "kubelet", "metrics-server"):
        assert "feature-gates" not in " ".join(_all({"X": True})[name].argv)


def test_keys_and_tokens_are_named_by_file_only() -> None:
    for process in _all({}).values():
        for argument in process.argv[1:]:
            name, _, value = argument.removeprefix("--").partition("=")
            if "key" in name.split("-") or "kubeconfig" in name:
                assert value.startswith("/run/node/"), argument
            assert not {"token", "password"} & set(name.split("-")), argument
        assert process.env == {}


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_everything_listens_in_the_cluster_alone(topology: Topology) -> None:
    for process in _all({}, topology).values():
        for argument in process.argv:
            assert "0.0.0.0" not in argument
        if process.name == "kube-apiserver":
            assert f"--bind-address={topology.api_address}" in process.argv
        elif process.name.startswith("kube-"):
            assert "--bind-address=127.0.0.1" in process.argv


def test_each_node_has_a_kubelet_of_its_own() -> None:
    found = _all({}, TOPOLOGIES[1])
    assert "--node-ip=10.245.1.2" in found["kubelet"].argv
    assert "--node-ip=10.245.2.2" in found["kubelet-2"].argv
    assert "--hostname-override=a-node-2" in found["kubelet-2"].argv


def test_strangers_are_refused_by_the_api() -> None:
    argv = _all({})["kube-apiserver"].argv
    assert "--anonymous-auth=false" in argv
    assert "--authorization-mode=Node,RBAC" in argv
    assert "--enable-admission-plugins=NodeRestriction" in argv


def test_each_waits_for_what_it_needs() -> None:
    after = {name: process.after for name, process in _all({}).items()}
    assert after["etcd"] == after["containerd"] == []
    assert after["kube-apiserver"] == ["tcp:127.0.0.1:2379"]
    assert after["kubelet"] == ["tcp:127.0.0.1:6443", "unix:/run/containerd/containerd.sock"]
    assert after["kube-scheduler"] == after["kube-controller-manager"] == ["file:/run/node/api-ready"]


def test_more_apis_are_served_where_they_are_asked_for() -> None:
    topology = TOPOLOGIES[0]

    def flags(more_apis: tuple[str, ...]) -> list[str]:
        by_name = {
            process.name: process.argv
            for process in processes.control_plane(topology, lambda _: {}, more_apis=more_apis)
        }
        return [flag for flag in by_name["kube-apiserver"] if flag.startswith("--runtime-config")]

    assert flags(()) == []
    assert flags(("a.io/v1alpha1", "a.io/v1beta1")) == ["--runtime-config=a.io/v1alpha1=true,a.io/v1beta1=true"]
