"""Node images: what kind, k3d, kubeadm and the program in Go must agree on with what is written in Python."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from clusters.components.gobuild import TEMPLATES, recipe
from clusters.components.goprogram import GoProgram
from clusters.components.images import PAUSE_REFERENCE
from clusters.versions import KubeVersion
from lab import archives, k3d_node, kind_node
from lab.components import KUBEADM, kubeadm_project


def _go(name: str) -> str:
    """A string constant of the stand-in for k3s."""
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted(k3d_node.PROGRAM.sources.glob("*.go")))
    match = re.search(rf'^\s*{name}\s*= "([^"]*)"', sources, re.MULTILINE)
    assert match is not None, name
    return match[1]


def _links() -> dict[str, str]:
    return kind_node._links()


def test_the_stand_in_finds_what_the_image_has() -> None:
    assert _go("binaries") == f"/{k3d_node.HOME}"
    assert _go("versionFile") == f"/{k3d_node.HOME}/version"
    assert _go("pauseImage") == PAUSE_REFERENCE
    assert _go("containerdSocket") == k3d_node.CONTAINERD_SOCKET
    for path in k3d_node._manifests().values():
        assert path.exists(), path


@pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go here")
def test_the_stand_ins_own_tests_pass() -> None:
    done = subprocess.run(
        ["go", "test", "./..."], cwd=k3d_node.PROGRAM.sources, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_another_source_makes_another_stand_in(tmp_path: Path) -> None:
    shutil.copytree(k3d_node.PROGRAM.sources, tmp_path / "k3s")
    copied = GoProgram(k3d_node.PROGRAM.name, tmp_path / "k3s")
    before = copied.recipe
    (tmp_path / "k3s" / "more_test.go").write_text("package main\n", encoding="utf-8")
    assert copied.recipe == before
    (tmp_path / "k3s" / "main.go").write_text("package main\n", encoding="utf-8")
    assert copied.recipe != before


def test_kubeadm_is_of_the_pinned_kubernetes() -> None:
    project = kubeadm_project(KubeVersion.parse("1.37"))
    assert project.components == KUBEADM
    assert project.module == "k8s.io/kubernetes"
    assert project.module_sum is not None
    assert project.release is None
    assert project.build.template is not None
    assert (TEMPLATES / project.build.template / "main.go").exists()
    assert recipe(project) != recipe(kubeadm_project(KubeVersion.parse("1.30")))


def test_kubeadms_images_are_known_by_their_last_part(tmp_path: Path) -> None:
    kubeadm = tmp_path / "kubeadm"
    kubeadm.write_text(
        '#!/bin/sh\necho "registry/kube-proxy:$5"\necho registry/coredns/coredns:v1.2\n', encoding="utf-8"
    )
    kubeadm.chmod(0o755)
    assert archives.kubeadm_images(kubeadm, "1.37.2") == {
        "kube-proxy": "registry/kube-proxy:v1.37.2",
        "coredns": "registry/coredns/coredns:v1.2",
    }


def test_every_unit_that_is_enabled_is_there() -> None:
    wanted = {name: target for name, target in _links().items() if ".wants/" in name}
    assert wanted
    for target in wanted.values():
        assert (kind_node.ROOT / target.lstrip("/")).exists(), target


def test_programs_of_the_node_can_be_run() -> None:
    for path in (*kind_node.ROOT.glob("kind/bin/*"), kind_node.ROOT / "usr/local/bin/entrypoint"):
        assert path.stat().st_mode & 0o111, path
        assert subprocess.run(["bash", "-n", path], check=False).returncode == 0, path


def test_containerds_configuration_names_the_pause_image_and_can_be_switched_by_the_entrypoint() -> None:
    text = kind_node._texts("registry/pause:3")["etc/containerd/config.toml"]
    plugins = tomllib.loads(text)["plugins"]
    assert plugins["io.containerd.cri.v1.images"]["pinned_images"] == {"sandbox": "registry/pause:3"}
    assert "restrict_oom_score_adj = false" in text
    assert "restrict_oom_score_adj = false" in (kind_node.ROOT / "usr/local/bin/entrypoint").read_text()


def test_what_kind_applies_is_yaml() -> None:
    for path in sorted(kind_node.ROOT.glob("kind/manifests/*.yaml")):
        assert all(document["kind"] for document in yaml.safe_load_all(path.read_text(encoding="utf-8")))


def test_nodes_show_files_of_their_own_in_place_of_the_hosts_settings() -> None:
    assert kind_node.sysctl_texts("kind/sysctl")["kind/sysctl/vm/overcommit_memory"] == "1\n"
