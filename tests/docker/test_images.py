"""Which image a version of Kubernetes gets."""

from __future__ import annotations

import re

import pytest

from clusters.components.pins import load_pins
from clusters.contract import ClusterError
from clusters.docker.images import image_version, node_image, node_version, remark_on_tool
from clusters.versions import KubeVersion


@pytest.mark.parametrize("minor", [f"1.{minor}" for minor in range(27, 38)])
def test_every_minor_has_an_image_of_kind_pinned_by_digest(minor: str) -> None:
    version = node_version("kind", KubeVersion.parse(minor), None)
    image = node_image("kind", version, None)
    assert version.minor_text == minor
    assert re.fullmatch(rf"kindest/node:v{version}@sha256:[0-9a-f]{{64}}", image)


def test_k3s_has_an_image_for_each_patch() -> None:
    version = node_version("k3d", KubeVersion.parse("1.36"), None)
    assert str(version) == load_pins().kube_patches["1.36"]
    assert node_image("k3d", version, None) == f"rancher/k3s:v{version}-k3s1"


def test_image_of_the_users() -> None:
    version = node_version("kind", KubeVersion.parse("1.36"), "mine/node:v1.36.1-beta@sha256:0")
    assert str(version) == "1.36.1"
    assert node_image("kind", version, "mine/node:v{version}") == "mine/node:v1.36.1"


@pytest.mark.parametrize(
    ("tool", "asked", "told"),
    [("0.33.0", None, False), ("0.34.1", None, False), ("0.29.0", None, True), ("0.29.0", "mine:v1.37.0", False)],
)
def test_tool_that_is_older_than_the_image(tool: str, asked: str | None, told: bool) -> None:
    remark = remark_on_tool("kind", KubeVersion(1, 37, 0), asked, tool)
    assert (remark is not None) is told
    assert remark_on_tool("k3d", KubeVersion(1, 37, 0), asked, tool) is None


@pytest.mark.parametrize(("asked", "image"), [("1.36.9", None), ("1.99", None), ("1.35", "mine:v1.36.0")])
def test_image_that_there_is_not(asked: str, image: str | None) -> None:
    with pytest.raises(ClusterError, match=r"--node-image"):
        node_version("kind", KubeVersion.parse(asked), image)


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("rancher/k3s:v1.30.2-k3s2", "1.30.2"),
        ("host:5000/node:1.37.0", "1.37.0"),
        ("node:latest", None),
        ("node", None),
    ],
)
def test_version_in_a_tag(image: str, version: str | None) -> None:
    assert image_version(image) == (KubeVersion.parse(version) if version else None)
