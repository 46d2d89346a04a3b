from __future__ import annotations

import os
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from clusters.components import gobuild, room
from clusters.components.cache import ComponentCache
from clusters.components.errors import ComponentError
from clusters.components.gobuild import GoBuilder, recipe
from clusters.components.pins import Project, load_pins
from clusters.progress import Progress
from clusters.versions import KubeVersion
from tests.components.fake_go import FakeGo

QUIET = Progress(Console(file=StringIO()))


def project(name: str, kube_version: str = "1.37") -> Project:
    pinned = load_pins().projects(KubeVersion.parse(kube_version))
    return next(project for project in pinned if project.name == name)


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGo:
    directory = tmp_path / "go-bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    return FakeGo(directory)


def build(project: Project, directory: Path) -> Path:
    output = directory / "output"
    output.mkdir()
    builder = GoBuilder(directory / "logs", QUIET)
    builder.build(project, output, directory / "work")
    return output


def test_kubernetes_becomes_one_binary_with_a_name_for_each_component(go: FakeGo, tmp_path: Path) -> None:
    kubernetes = project("kubernetes")
    go.write(module_sum=str(kubernetes.module_sum))
    output = build(kubernetes, tmp_path)
    assert {path.name for path in output.iterdir()} == {"kubernetes", *kubernetes.components}
    assert len({path.stat().st_ino for path in output.iterdir()}) == 1
    command = go.lines()[-1]
    assert "-X k8s.io/component-base/version.gitVersion=v1.37.2" in command
    assert "-X k8s.io/component-base/version.gitMinor=37" in command
    assert "|-tags|kubelet_context|" in command
    assert command.endswith("|CGO_ENABLED=0")
    assert (tmp_path / "work" / "main.go").exists()


@pytest.mark.parametrize(("kube_version", "tags"), [("1.30", ""), ("1.33", ""), ("1.34", "kubelet_context")])
def test_the_kubelet_gets_a_context_from_the_minor_that_wants_one(
    go: FakeGo, tmp_path: Path, kube_version: str, tags: str
) -> None:
    kubernetes = project("kubernetes", kube_version)
    go.write(module_sum=str(kubernetes.module_sum))
    build(kubernetes, tmp_path)
    assert f"|-tags|{tags}|" in go.lines()[-1]


@pytest.mark.parametrize(("kube_version", "told"), [("1.27", True), ("1.28", False)])
def test_api_server_tells_its_version_where_another_package_has_it(
    go: FakeGo, tmp_path: Path, kube_version: str, *, told: bool
) -> None:
    kubernetes = project("kubernetes", kube_version)
    go.write(module_sum=str(kubernetes.module_sum))
    build(kubernetes, tmp_path)
    assert ("-X k8s.io/client-go/pkg/version.gitVersion=v1.27.4" in go.lines()[-1]) is told


def test_packages_of_one_project_are_built_together(go: FakeGo, tmp_path: Path) -> None:
    plugins = project("cni-plugins")
    go.write(module_sum=str(plugins.module_sum))
    output = build(plugins, tmp_path)
    assert {path.name for path in output.iterdir()} == {"bridge", "host-local", "loopback"}
    assert "/plugins/main/bridge|" in go.lines()[-1]
    assert "/plugins/ipam/host-local|" in go.lines()[-1]


def test_a_module_that_differs_from_its_pinned_hash_is_refused(go: FakeGo, tmp_path: Path) -> None:
    go.write(module_sum="h1:other=")
    with pytest.raises(ComponentError, match=r"etcd/server/v3@v3\.6\.16 has the hash h1:other= instead of the pinned"):
        build(project("etcd"), tmp_path)
    assert not any(line.startswith("build") for line in go.lines())


def test_a_failed_build_shows_the_last_lines_and_the_log(go: FakeGo, tmp_path: Path) -> None:
    etcd = project("etcd")
    go.write(module_sum=str(etcd.module_sum), build="for i in $(seq 50); do echo line $i >&2; done; exit 2")
    with pytest.raises(ComponentError) as failure:
        build(etcd, tmp_path)
    message = str(failure.value)
    log = tmp_path / "logs" / "etcd-v3.6.16.log"
    assert message.startswith("etcd v3.6.16 could not be built: ")
    assert "line 50\n" in message
    assert "line 30\n" not in message
    assert str(log) in message
    assert "line 1\n" in log.read_text()


def test_an_old_go_is_named_with_the_version_that_is_needed(go: FakeGo, tmp_path: Path) -> None:
    etcd = project("etcd")
    go.write(module_sum=str(etcd.module_sum), version="go1.22.12", needs="1.26.0")
    with pytest.raises(ComponentError, match=r"needs Go 1\.26\.0 or newer, but .*/go is go1\.22\.12 and GOTOOLCHAIN"):
        build(etcd, tmp_path)


def test_a_missing_go_is_named_with_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda command, path=None: None)
    with pytest.raises(ComponentError, match=r"the command go was not found\. Install Go from https://go\.dev.*--comp"):
        build(project("etcd"), tmp_path)


def test_missing_c_tools_are_named_with_their_packages(
    go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go.write(module_sum="h1:")
    pkg_config = go.directory / "pkg-config"
    pkg_config.write_text("#!/bin/sh\nexit 1\n")
    pkg_config.chmod(0o755)
    monkeypatch.setenv("PATH", str(go.directory))
    with pytest.raises(ComponentError) as failure:
        build(project("runc"), tmp_path)
    assert "missing: gcc, the headers of libseccomp." in str(failure.value)
    assert "apt-get install gcc libc6-dev pkg-config libseccomp-dev" in str(failure.value)


def test_headers_that_are_not_installed_are_taken_out_of_packages(
    go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runc = project("runc")
    go.write(module_sum=str(runc.module_sum), build='env | grep "^PKG_CONFIG\\|^LD_LIBRARY" >> ' + str(go.calls))
    pkg_config = go.directory / "pkg-config"
    pkg_config.write_text("#!/bin/sh\nexit 1\n")
    pkg_config.chmod(0o755)
    tree = tmp_path / "tree"
    (tree / "usr/lib/x86_64-linux-gnu/pkgconfig").mkdir(parents=True)
    cache = ComponentCache(tmp_path / "cache", QUIET)

    def unpacked(where: ComponentCache, progress: Progress, names: list[str]) -> Path:
        assert (where, names) == (cache, ["libseccomp-dev", "pkg-config"])
        return tree

    monkeypatch.setattr(gobuild, "unpacked", unpacked)
    (tmp_path / "output").mkdir()
    GoBuilder(tmp_path / "logs", QUIET, cache).build(runc, tmp_path / "output", tmp_path / "work")
    assert {
        f"PKG_CONFIG={tree}/usr/bin/pkg-config",
        f"PKG_CONFIG_LIBDIR={tree}/usr/lib/x86_64-linux-gnu/pkgconfig",
        f"PKG_CONFIG_SYSROOT_DIR={tree}",
    } <= set(go.lines())


def test_a_binary_with_c_code_is_linked_statically(go: FakeGo, tmp_path: Path) -> None:
    runc = project("runc")
    go.write(module_sum=str(runc.module_sum))
    pkg_config = go.directory / "pkg-config"
    pkg_config.write_text("#!/bin/sh\n:\n")
    pkg_config.chmod(0o755)
    build(runc, tmp_path)
    assert "|-s -w -extldflags=-static|-tags|seccomp,urfave_cli_no_docs,netgo,osusergo|" in go.lines()[-1]
    assert go.lines()[-1].endswith("|CGO_ENABLED=1")


def test_the_recipe_changes_with_settings_and_version_only() -> None:
    etcd = project("etcd")
    assert recipe(etcd) == recipe(project("etcd"))
    assert recipe(etcd) != recipe(replace(etcd, version="3.6.17"))
    assert recipe(etcd) != recipe(replace(etcd, build=replace(etcd.build, tags=("x",))))
    assert recipe(etcd) == recipe(replace(etcd, release=None))


def test_the_recipe_changes_with_our_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe(project("etcd"))
    (tmp_path / "etcd").mkdir()
    (tmp_path / "etcd" / "main.go").write_text("package main\n")
    monkeypatch.setattr(gobuild, "TEMPLATES", tmp_path)
    assert recipe(project("etcd")) != before


def test_a_build_that_spares_disk_leaves_nothing_in_gos_caches(go: FakeGo, tmp_path: Path) -> None:
    etcd = project("etcd")
    seen = tmp_path / "seen"
    go.write(module_sum=str(etcd.module_sum), build=f'printf "%s\\n" $GOCACHE $GOMODCACHE "$GOFLAGS" > {seen}')
    work, output = tmp_path / "work", tmp_path / "output"
    output.mkdir()
    GoBuilder(tmp_path / "logs", QUIET, spare_disk=True).build(etcd, output, work)
    cache, modules, flags = seen.read_text().splitlines()
    assert [Path(cache).parent, Path(modules).parent] == [work, work]
    assert "-modcacherw" in flags


def test_a_build_that_has_no_room_is_not_begun(go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kubernetes = project("kubernetes")
    go.write(module_sum=str(kubernetes.module_sum))
    monkeypatch.setattr(room, "free_bytes", lambda _: kubernetes.build.disk_bytes - 1)
    with pytest.raises(ComponentError, match=r"kubernetes v1\.37\.2 can't be built: .* up to 5 GiB, .* 5\.0 GiB free"):
        build(kubernetes, tmp_path)
    assert not any("download" in line for line in go.lines())
