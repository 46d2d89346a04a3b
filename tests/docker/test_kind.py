"""The configuration that kind is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from clusters.docker.kind import configuration
from clusters.docker.provider import short_name
from clusters.docker.tools import Tool
from tests.docker.plans import GATE, plan


def patches(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = [yaml.safe_load(text) for text in document["kubeadmConfigPatches"]]
    return {patch["kind"]: patch for patch in found}


def test_api_is_on_the_loopback_and_nodes_have_the_image(tmp_path: Path) -> None:
    document = configuration(plan(tmp_path, nodes=3))
    assert document["apiVersion"] == "kind.x-k8s.io/v1alpha4"
    assert document["networking"]["apiServerAddress"] == "127.0.0.1"
    assert [node["role"] for node in document["nodes"]] == ["control-plane", "worker", "worker"]
    assert {node["image"] for node in document["nodes"]} == {"nodes:v1.37.2"}


def test_gates_are_there_only_where_they_are_asked_for(tmp_path: Path) -> None:
    assert "featureGates" not in configuration(plan(tmp_path))
    assert configuration(plan(tmp_path, "1.30.14", feature_gates=GATE))["featureGates"] == GATE


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.30.14", "v1beta3"), ("1.35.8", "v1beta3"), ("1.36.4", "v1beta4"), ("1.37.0", "v1beta4")],
)
def test_kubeadm_is_patched_in_the_version_that_kind_writes(tmp_path: Path, version: str, expected: str) -> None:
    init = patches(configuration(plan(tmp_path, version)))["InitConfiguration"]
    assert init["apiVersion"] == f"kubeadm.k8s.io/{expected}"
    assert init["skipPhases"] == ["preflight", "addon/coredns"]


def test_pods_are_placed_on_the_control_plane_too(tmp_path: Path) -> None:
    several = patches(configuration(plan(tmp_path, nodes=2)))["InitConfiguration"]
    assert several["nodeRegistration"] == {"taints": []}
    # kind fails where an only node has no taint to take away.
    assert "nodeRegistration" not in patches(configuration(plan(tmp_path)))["InitConfiguration"]


def test_long_names_are_cut_and_stay_apart() -> None:
    assert short_name("resize-1", 32) == "resize-1"
    cut = [short_name(f"resize-162535-50ab-1-37-2-k3d-v1{variant}", 32) for variant in ("-crowded", "-gate-off")]
    assert len(set(cut)) == 2
    assert max(map(len, cut)) <= 32


@pytest.mark.parametrize(
    ("version", "cgroup_version", "expected"),
    [("1.34.11", "v1", None), ("1.35.8", "v1", False), ("1.35.8", "v2", None)],
)
def test_kubelet_is_told_to_take_cgroup_v1_where_it_refuses(
    tmp_path: Path, version: str, cgroup_version: str, expected: bool | None
) -> None:
    found = patches(configuration(plan(tmp_path, version, cgroup_version=cgroup_version)))
    assert found.get("KubeletConfiguration", {}).get("failCgroupV1") is expected


def test_variants_reach_the_kubelet(tmp_path: Path) -> None:
    overlay = {"cpuManagerPolicy": "static", "systemReserved": {"cpu": "500m"}}
    kubelet = patches(configuration(plan(tmp_path, kubelet_configuration=overlay)))["KubeletConfiguration"]
    assert kubelet == {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", **overlay}


def test_tool_that_fails_is_told_with_its_last_lines(tmp_path: Path) -> None:
    tool = Tool("kind", Path("/bin/sh"), "0.33.0")
    with pytest.raises(Exception, match=r"`kind -c .*ended with 3.*\n.*ERROR: no space") as caught:
        tool.run("-c", "echo ERROR: no space; exit 3", log=tmp_path / "create.log")
    assert str(tmp_path / "create.log") in str(caught.value)
    assert "ERROR: no space" in (tmp_path / "create.log").read_text()
