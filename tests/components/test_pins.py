from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from clusters.components.cache import ComponentCache
from clusters.components.errors import ComponentError
from clusters.components.gobuild import TEMPLATES, recipe
from clusters.components.listing import list_components
from clusters.components.pins import Project, architecture, load_pins, resolve_version
from clusters.components.resolver import entry_key
from clusters.versions import KubeVersion
from tests.components.cache_workers import quiet

if TYPE_CHECKING:
    from pathlib import Path

PINS = load_pins()
PROJECTS = PINS.projects(KubeVersion.parse("1.37"))


def test_every_component_of_a_cluster_is_pinned() -> None:
    assert {project.name: project.version for project in PROJECTS} == {
        "kubernetes": "1.37.2",
        "etcd": "3.6.16",
        "containerd": "2.4.2",
        "runc": "1.5.2",
        "cni-plugins": "1.9.1",
        "metrics-server": "0.9.0",
        "kind": "0.33.0",
        "k3d": "5.8.3",
    }
    assert len(PINS.component_names) == len(set(PINS.component_names)) == 16


@pytest.mark.parametrize("minor", [f"1.{minor}" for minor in range(27, 38)])
def test_every_minor_from_the_first_alpha_on_has_a_patch(minor: str) -> None:
    resolved = resolve_version(KubeVersion.parse(minor))
    assert resolved.minor_text == minor
    assert resolved.patch is not None
    kubernetes = PINS.projects(resolved)[0]
    assert re.fullmatch(r"h1:[0-9A-Za-z+/]{43}=", kubernetes.module_sum or "")


@pytest.mark.parametrize(
    ("written", "resolved"), [("1.37", "1.37.2"), ("v1.30", "1.30.14"), ("1.37.0", "1.37.0"), ("v1.38.1", "1.38.1")]
)
def test_a_minor_stands_for_its_pinned_patch(written: str, resolved: str) -> None:
    assert str(resolve_version(KubeVersion.parse(written))) == resolved


def test_an_unknown_minor_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ComponentError, match=r"Kubernetes 1\.99 is pinned \(known: 1\.27, .*1\.37\).*such as 1\.99\.0"):
        resolve_version(KubeVersion.parse("1.99"))


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_a_project_can_be_built_and_its_hash_is_pinned(project: Project) -> None:
    assert re.fullmatch(r"h1:[0-9A-Za-z+/]{43}=", project.module_sum or "")
    if project.build.template:
        assert list((TEMPLATES / project.build.template).glob("*.go"))
    else:
        for component in project.components:
            package = project.fill(project.build.packages.get(component, project.build.package), component=component)
            assert package.startswith(project.module)


@pytest.mark.parametrize(
    ("name", "component", "url", "checksum_url", "member"),
    [
        (
            "kubernetes",
            "kubelet",
            "https://dl.k8s.io/release/v1.37.2/bin/linux/arm64/kubelet",
            "https://dl.k8s.io/release/v1.37.2/bin/linux/arm64/kubelet.sha256",
            None,
        ),
        (
            "etcd",
            "etcd",
            "https://github.com/etcd-io/etcd/releases/download/v3.6.16/etcd-v3.6.16-linux-arm64.tar.gz",
            "https://github.com/etcd-io/etcd/releases/download/v3.6.16/SHA256SUMS",
            "etcd-v3.6.16-linux-arm64/etcd",
        ),
        (
            "runc",
            "runc",
            "https://github.com/opencontainers/runc/releases/download/v1.5.2/runc.arm64",
            "https://github.com/opencontainers/runc/releases/download/v1.5.2/runc.sha256sum",
            None,
        ),
    ],
)
def test_release_layouts(name: str, component: str, url: str, checksum_url: str, member: str | None) -> None:
    project = next(project for project in PROJECTS if project.name == name)
    release = project.release
    assert release is not None
    assert project.fill(release.url, component=component, arch="arm64") == url
    assert project.fill(release.checksum_url, component=component, arch="arm64") == checksum_url
    assert (release.member and project.fill(release.member, component=component, arch="arm64")) == member


@pytest.mark.parametrize(
    ("name", "asked", "version"),
    [
        ("containerd", "1.6.8", "1.6.8"),
        ("containerd", "1.6", "1.6.38"),
        ("containerd", "v1.7", "1.7.29"),
        ("containerd", "2", "2.4.2"),
        ("runc", "1.3", "1.3.2"),
    ],
)
def test_other_versions_by_number_or_series(name: str, asked: str, version: str) -> None:
    assert PINS.at(name, asked).version == version


def test_other_versions_differ_in_what_their_group_names() -> None:
    usual, old = PINS.at("containerd", "2.4.2"), PINS.at("containerd", "1.6.8")
    assert (old.module, usual.module) == ("github.com/containerd/containerd", "github.com/containerd/containerd/v2")
    assert old.fill(old.build.package, component="ctr") == "github.com/containerd/containerd/cmd/ctr"
    assert (old.release, old.components, old.build.ldflags) == (None, usual.components, usual.build.ldflags)
    assert PINS.at("runc", "1.1").build.cgo
    assert {project.name: project.version for project in PINS.projects(KubeVersion.parse("1.30"), {"runc": "1.3.1"})}[
        "runc"
    ] == "1.3.1"
    assert all(re.fullmatch(r"h1:[0-9A-Za-z+/]{43}=", project.module_sum or "") for project in PINS.others)


def test_a_version_that_is_not_pinned_is_refused_with_those_that_are() -> None:
    with pytest.raises(ComponentError, match=r"containerd 1\.5 is not pinned \(known: 1\.6\.8, .*2\.4\.2\)"):
        PINS.at("containerd", "1.5")


def test_metrics_server_is_never_downloaded() -> None:
    assert [project.name for project in PROJECTS if project.release is None] == ["metrics-server"]


def test_architectures_have_the_names_of_go() -> None:
    assert (architecture("x86_64"), architecture("aarch64")) == ("amd64", "arm64")
    with pytest.raises(ComponentError, match="processor riscv64; use one of amd64, arm64"):
        architecture("riscv64")


def test_the_listing_names_version_module_hash_release_and_cache(tmp_path: Path) -> None:
    listed = list_components(tmp_path)
    for project in PROJECTS:
        assert f"{project.title} (" in listed
        assert f"{project.module}@v{project.version}" in listed
        assert str(project.module_sum) in listed
    assert "https://dl.k8s.io/release/v1.30.14/bin/linux/" in listed
    assert "none with a checksum" in listed
    assert "(in the cache" not in listed


def test_the_listing_says_what_the_cache_holds(tmp_path: Path) -> None:
    def fill(content: Path) -> str:
        (content / "runc").write_text("")
        return "build"

    runc = next(project for project in PROJECTS if project.name == "runc")
    ComponentCache(tmp_path, quiet()).get(entry_key(runc), recipe(runc), fill)
    assert "runc v1.5.2 (in the cache from a build)" in list_components(tmp_path)
