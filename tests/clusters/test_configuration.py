from __future__ import annotations

import base64
import stat
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from clusters.local import configuration, pki
from clusters.local.configuration import NodeTraits
from clusters.local.topology import NodePlace

if TYPE_CHECKING:
    from pathlib import Path

V1 = NodeTraits("v1", may_lower_oom_score=False, snapshotter="native", cgroup_root="/a", bin_directory="/bin")
V2 = NodeTraits("v2", may_lower_oom_score=True, snapshotter="overlayfs", cgroup_root="/a", bin_directory="/bin")
NODE = NodePlace(0, "a-node", "10.245.1.2", "10.244.1.0/24")


def _kubelet(tmp_path: Path, traits: NodeTraits, minor: int, **overlay: Any) -> dict[str, Any]:
    configuration.write_kubelet_configuration(
        tmp_path, node=NODE, traits=traits, minor=minor, gates={"X": True}, overlay=overlay
    )
    written: dict[str, Any] = yaml.safe_load((tmp_path / "kubelet.yaml").read_text(encoding="utf-8"))
    return written


@pytest.mark.parametrize(
    ("traits", "minor", "expected"),
    [(V1, 30, None), (V1, 34, None), (V1, 35, False), (V1, 37, False), (V2, 30, None), (V2, 37, None)],
)
def test_cgroup_v1_is_allowed_where_the_kubelet_refuses_it(
    tmp_path: Path, traits: NodeTraits, minor: int, expected: bool | None
) -> None:
    assert _kubelet(tmp_path, traits, minor).get("failCgroupV1") is expected


def test_strangers_are_refused(tmp_path: Path) -> None:
    written = _kubelet(tmp_path, V2, 37)
    assert written["authentication"]["anonymous"] == {"enabled": False}
    assert written["authentication"]["webhook"]["enabled"] is True
    assert written["authorization"] == {"mode": "Webhook"}
    assert written.get("readOnlyPort", 0) == 0
    assert written["cgroupRoot"] == "/a"
    assert written["featureGates"] == {"X": True}


def test_overlay_replaces_fields(tmp_path: Path) -> None:
    written = _kubelet(tmp_path, V2, 37, cpuManagerPolicy="static", evictionHard={"memory.available": "1Gi"})
    assert written["cpuManagerPolicy"] == "static"
    assert written["evictionHard"] == {"memory.available": "1Gi"}


def test_a_kubelet_that_lets_pods_swap_leaves_the_root_cgroup(tmp_path: Path) -> None:
    swap = {"memorySwap": {"swapBehavior": "LimitedSwap"}}
    in_root = replace(V2, kubelet_in_root=True)
    assert "kubeletCgroups" not in _kubelet(tmp_path, V2, 37, **swap)
    assert "kubeletCgroups" not in _kubelet(tmp_path, in_root, 37)
    assert _kubelet(tmp_path, in_root, 37, **swap)["kubeletCgroups"] == "/kubelet"


def test_changes_are_laid_over_what_was_made_and_can_be_taken_back(tmp_path: Path) -> None:
    made = _kubelet(tmp_path, V2, 37, memoryThrottlingFactor=0.9)

    def changed(changes: dict[str, Any]) -> dict[str, Any]:
        text = configuration.changed_kubelet_configuration(tmp_path, changes)
        (tmp_path / configuration.KUBELET_FILE).write_text(text, encoding="utf-8")
        found: dict[str, Any] = yaml.safe_load(text)
        return found

    found = changed({"memoryThrottlingFactor": None, "featureGates": {"Y": False}, "memorySwap": {"swapBehavior": ""}})
    assert "memoryThrottlingFactor" not in found
    assert found["featureGates"] == {"X": True, "Y": False}
    assert found["memorySwap"] == {"swapBehavior": ""}
    assert changed({"memoryThrottlingFactor": 0.5}) == {**made, "memoryThrottlingFactor": 0.5}
    assert changed({}) == made


def test_kubeconfig_is_private_and_complete(tmp_path: Path) -> None:
    authority = pki.Authority(tmp_path, "ca")
    certificate, key = authority.issue("admin", user="admin")
    path = tmp_path / "admin.kubeconfig"
    configuration.write_kubeconfig(
        path, server="https://127.0.0.1:1", ca_pem=authority.pem, certificate=certificate, key=key, name="a"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert written["current-context"] == "a"
    user = written["users"][0]["user"]
    assert base64.b64decode(user["client-key-data"]) == key.read_bytes()
    assert base64.b64decode(user["client-certificate-data"]) == certificate.read_bytes()
    trusted = written["clusters"][0]["cluster"]
    assert base64.b64decode(trusted["certificate-authority-data"]) == authority.pem
    assert "insecure-skip-tls-verify" not in trusted
