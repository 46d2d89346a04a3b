from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from clusters.local.configuration import NodeTraits
from clusters.local.containerd import write_containerd_configuration
from clusters.local.topology import NodePlace

if TYPE_CHECKING:
    from pathlib import Path

V1 = NodeTraits("v1", may_lower_oom_score=False, snapshotter="native", cgroup_root="/a", bin_directory="/bin")
V2 = NodeTraits("v2", may_lower_oom_score=True, snapshotter="overlayfs", cgroup_root="/a", bin_directory="/bin")
NODE = NodePlace(0, "a-node", "10.245.1.2", "10.244.1.0/24")


def written(tmp_path: Path, version: str, traits: NodeTraits = V2, oci_runtime: str = "runc") -> dict[str, Any]:
    write_containerd_configuration(
        tmp_path, node=NODE, pause_image="localhost/pause:1", traits=traits, version=version, oci_runtime=oci_runtime
    )
    return tomllib.loads((tmp_path / "containerd.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("traits", [V1, V2])
@pytest.mark.parametrize("version", ["2.4.2", "unknown (from DIR)"])
def test_format_3(tmp_path: Path, traits: NodeTraits, version: str) -> None:
    found = written(tmp_path, version, traits)
    assert found["version"] == 3
    images, runtime = (found["plugins"][f"io.containerd.cri.v1.{name}"] for name in ("images", "runtime"))
    assert images["snapshotter"] == traits.snapshotter
    assert images["pinned_images"] == {"sandbox": "localhost/pause:1"}
    assert runtime["cni"]["bin_dirs"] == ["/bin"]
    assert runtime["restrict_oom_score_adj"] is not traits.may_lower_oom_score
    runc = runtime["containerd"]["runtimes"]["runc"]
    assert runc["options"] == {"BinaryName": "/bin/runc", "SystemdCgroup": False}


@pytest.mark.parametrize("version", ["1.6.8", "1.7.29"])
def test_format_2(tmp_path: Path, version: str) -> None:
    found = written(tmp_path, version, V1)
    assert found["version"] == 2
    cri = found["plugins"]["io.containerd.grpc.v1.cri"]
    assert (cri["sandbox_image"], cri["containerd"]["snapshotter"]) == ("localhost/pause:1", "native")
    assert cri["cni"]["bin_dir"] == "/bin"
    assert cri["restrict_oom_score_adj"] is True
    assert not any(name.startswith("io.containerd.cri.") for name in found["plugins"])


@pytest.mark.parametrize("version", ["1.7.29", "2.4.2"])
def test_another_oci_runtime(tmp_path: Path, version: str) -> None:
    plugins = written(tmp_path, version, oci_runtime="crun")["plugins"]
    (containerd,) = (settings["containerd"] for settings in plugins.values() if "containerd" in settings)
    assert containerd["default_runtime_name"] == "crun"
    assert containerd["runtimes"]["crun"]["options"]["BinaryName"] == "/run/node/crun/crun"


def test_network_of_the_pods(tmp_path: Path) -> None:
    written(tmp_path, "2.4.2")
    network = json.loads((tmp_path / "cni" / "10-pods.conflist").read_text(encoding="utf-8"))
    assert network["plugins"][0]["ipam"]["ranges"] == [[{"subnet": "10.244.1.0/24"}]]
