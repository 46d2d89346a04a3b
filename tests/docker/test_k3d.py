"""The configuration that k3d is given, alone and on top of a user's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clusters.contract import ClusterError
from clusters.docker.k3d_config import configuration, gates_of, read_base
from tests.docker.plans import GATE, plan

SEED = """
apiVersion: k3d.io/v1alpha3
kind: Simple
name: pod-resize
servers: 1
image: rancher/k3s:v1.30.2-k3s2
options:
  k3d:
    disableLoadbalancer: true
  k3s:
    extraArgs: # the feature gate is passed here
      - arg: --kube-apiserver-arg=feature-gates=InPlacePodVerticalScaling=true
        nodeFilters:
          - server:*
"""


def arguments(document: dict[str, Any]) -> dict[str, list[str]]:
    return {entry["arg"]: entry["nodeFilters"] for entry in document["options"]["k3s"]["extraArgs"]}


def test_api_is_on_the_loopback_and_the_users_kubeconfig_stays(tmp_path: Path) -> None:
    document = configuration(plan(tmp_path, nodes=2), {})
    assert (document["apiVersion"], document["metadata"], document["image"]) == (
        "k3d.io/v1alpha5",
        {"name": "resize-1"},
        "nodes:v1.37.2",
    )
    assert (document["servers"], document["agents"]) == (1, 1)
    assert document["kubeAPI"]["hostIP"] == "127.0.0.1"
    assert document["options"]["kubeconfig"] == {"updateDefaultKubeconfig": False, "switchCurrentContext": False}
    assert document["options"]["k3d"]["disableLoadbalancer"] is True


def test_gates_reach_every_component_in_one_argument_each(tmp_path: Path) -> None:
    found = arguments(configuration(plan(tmp_path, nodes=2, feature_gates={**GATE, "Other": False}), {}))
    gates = "feature-gates=InPlacePodVerticalScaling=true,Other=false"
    assert found[f"--kube-apiserver-arg={gates}"] == ["server:*"]
    assert found[f"--kube-scheduler-arg={gates}"] == ["server:*"]
    assert found[f"--kube-controller-manager-arg={gates}"] == ["server:*"]
    assert found[f"--kubelet-arg={gates}"] == ["server:*", "agent:*"]


def test_no_filter_names_agents_that_are_not_there(tmp_path: Path) -> None:
    found = arguments(configuration(plan(tmp_path, feature_gates=GATE), {}))
    assert all(filters == ["server:*"] for filters in found.values())


def test_kubelet_settings_become_flags(tmp_path: Path) -> None:
    overlay = {"cpuManagerPolicy": "static", "systemReserved": {"cpu": "500m", "memory": "1Gi"}}
    found = arguments(configuration(plan(tmp_path, cgroup_version="v1", kubelet_configuration=overlay), {}))
    assert {name for name in found if name.startswith("--kubelet-arg")} == {
        "--kubelet-arg=cpu-manager-policy=static",
        "--kubelet-arg=system-reserved=cpu=500m,memory=1Gi",
        "--kubelet-arg=fail-cgroupv1=false",
    }


def test_the_seeds_file_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "seed.yaml"
    path.write_text(
        SEED.replace("      - arg", "      - {arg: --tls-san=h, nodeFilters: ['server:*']}\n      - arg", 1)
    )
    base = read_base(path)
    assert gates_of(base) == GATE
    document = configuration(plan(tmp_path, "1.30.2", feature_gates=GATE), base)
    assert "name" not in document
    found = arguments(document)
    assert "--tls-san=h" in found
    assert sum("feature-gates" in argument for argument in found) == 4


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kind: Cluster", "it needs `kind: Simple`"),
        ("kind: Simple\napiVersion: k3d.io/v1alpha1", "has apiVersion k3d.io/v1alpha1; known: k3d.io/v1alpha3"),
        ("a: [", "can't be read"),
    ],
)
def test_file_that_can_not_be_built_upon(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "k3d.yaml"
    path.write_text(text)
    with pytest.raises(ClusterError, match=reason):
        read_base(path)
