from __future__ import annotations

import os
import socket
import subprocess
import time
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from clusters.components.errors import ComponentError
from clusters.components.pins import load_pins
from clusters.components.resolver import ComponentResolver, entry_key
from clusters.progress import Progress
from clusters.versions import KubeVersion
from tests.components.fake_go import FakeGo
from tests.components.release_server import ReleaseServer, serve_releases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = KubeVersion.parse("1.37")
PINS = load_pins()
PROJECTS = {project.name: project for project in PINS.projects(VERSION)}


@pytest.fixture
def server() -> Iterator[ReleaseServer]:
    with serve_releases() as server:
        yield server


@pytest.fixture
def dead() -> str:
    """The address of a server that has ended."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGo:
    directory = tmp_path / "go-bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    return FakeGo(directory)


@pytest.fixture
def said() -> StringIO:
    return StringIO()


def resolver(tmp_path: Path, mirror: str, said: StringIO, *, components_dir: Path | None = None) -> ComponentResolver:
    progress = Progress(Console(file=said, width=300))
    return ComponentResolver(
        cache_dir=tmp_path / "cache", mirror=mirror, components_dir=components_dir, progress=progress
    )


def output_of(path: Path) -> str:
    return subprocess.check_output([path], text=True).strip()


def test_a_release_comes_first_and_the_cache_before_it(
    server: ReleaseServer, tmp_path: Path, said: StringIO, go: FakeGo
) -> None:
    server.publish(PROJECTS["etcd"])
    first = resolver(tmp_path, server.url, said).resolve(VERSION, ["etcd"])["etcd"]
    assert (first.version, first.source, output_of(first.path)) == ("3.6.16", "release", "etcd")
    assert first.path == tmp_path / "cache" / entry_key(PROJECTS["etcd"]) / "etcd"
    asked = list(server.requests)
    second = resolver(tmp_path, server.url, said).resolve(VERSION, ["etcd"])["etcd"]
    assert (second.path, second.source) == (first.path, "cache")
    assert server.requests == asked
    assert go.lines() == []


def test_an_unreachable_release_host_leads_to_a_build_and_a_line(
    dead: str, tmp_path: Path, said: StringIO, go: FakeGo
) -> None:
    go.write(module_sum=str(PROJECTS["etcd"].module_sum))
    etcd = resolver(tmp_path, dead, said).resolve(VERSION, ["etcd"])["etcd"]
    assert (etcd.source, output_of(etcd.path)) == ("build", "built")
    assert "etcd v3.6.16: no release download, building it with Go instead" in said.getvalue()
    assert "Connection refused" in said.getvalue()


def test_an_incomplete_release_leads_to_a_build_of_all_of_it(
    server: ReleaseServer, tmp_path: Path, said: StringIO, go: FakeGo
) -> None:
    kubernetes = PROJECTS["kubernetes"]
    server.publish(kubernetes)
    server.files = {path: content for path, content in server.files.items() if "/kubelet" not in path}
    go.write(module_sum=str(kubernetes.module_sum))
    resolved = resolver(tmp_path, server.url, said).resolve(VERSION, kubernetes.components)
    assert {output_of(component.path) for component in resolved.values()} == {"built"}
    assert "kubelet.sha256 answers 404" in said.getvalue()


def test_a_wrong_checksum_is_never_built_around(
    server: ReleaseServer, tmp_path: Path, said: StringIO, go: FakeGo
) -> None:
    server.publish(PROJECTS["etcd"])
    archive = next(path for path in server.files if path.endswith(".tar.gz"))
    server.files[archive] += b"\0"
    with pytest.raises(ComponentError, match="has the SHA-256"):
        resolver(tmp_path, server.url, said).resolve(VERSION, ["etcd"])
    assert go.lines() == []
    assert not (tmp_path / "cache" / entry_key(PROJECTS["etcd"])).exists()


def test_without_release_and_go_both_causes_are_told(
    dead: str, tmp_path: Path, said: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda command, path=None: None)
    with pytest.raises(
        ComponentError, match=r"(?s)go was not found.*release could not be downloaded.*can't be reached"
    ):
        resolver(tmp_path, dead, said).resolve(VERSION, ["etcd"])


def test_a_named_directory_comes_before_everything(
    server: ReleaseServer, tmp_path: Path, said: StringIO, go: FakeGo
) -> None:
    server.publish(PROJECTS["runc"])
    server.publish(PROJECTS["etcd"])
    own = tmp_path / "own"
    own.mkdir()
    (own / "runc").write_text("#!/bin/sh\necho runc version 1.0.0-broken\n")
    (own / "runc").chmod(0o755)
    resolved = resolver(tmp_path, server.url, said, components_dir=own).resolve(VERSION, ["runc", "etcd"])
    assert list(resolved) == ["runc", "etcd"]
    assert (resolved["runc"].path, resolved["runc"].version) == (own / "runc", "1.0.0-broken")
    assert [component.source for component in resolved.values()] == ["directory", "release"]
    assert not any("runc" in path for path in server.requests)


def test_a_named_directory_without_components_is_refused_at_once(tmp_path: Path, dead: str, said: StringIO) -> None:
    with pytest.raises(ComponentError, match="holds no component"):
        resolver(tmp_path, dead, said, components_dir=tmp_path)


def test_an_unknown_component_is_refused_with_the_known_ones(tmp_path: Path, dead: str, said: StringIO) -> None:
    with pytest.raises(ComponentError, match=r"no component is called kubelett; known: kube-apiserver, "):
        resolver(tmp_path, dead, said).resolve(VERSION, ["kubelett"])


def test_a_warm_cache_needs_neither_network_nor_go_nor_time(
    server: ReleaseServer, tmp_path: Path, said: StringIO, go: FakeGo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for project in PROJECTS.values():
        if project.release is not None:
            server.publish(project)
    go.write(module_sum=str(PROJECTS["metrics-server"].module_sum))
    first = resolver(tmp_path, server.url, said).resolve(VERSION, PINS.component_names)
    assert first["metrics-server"].source == "build"
    asked, called = list(server.requests), go.lines()

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError(f"a process was started: {arguments}")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    begun = time.monotonic()
    second = resolver(tmp_path, server.url, said).resolve(VERSION, PINS.component_names)
    assert time.monotonic() - begun < 0.2
    assert {component.source for component in second.values()} == {"cache"}
    assert (server.requests, go.lines()) == (asked, called)
    assert {name: component.path for name, component in second.items()} == {
        name: component.path for name, component in first.items()
    }


def test_what_a_version_lacks_is_got_ahead(server: ReleaseServer, tmp_path: Path, said: StringIO, go: FakeGo) -> None:
    found = resolver(tmp_path, server.url, said)
    lacking = [project.name for project in found.lacking(VERSION)]
    assert lacking == ["kubernetes", "etcd", "containerd", "runc", "cni-plugins", "metrics-server"]
    own = tmp_path / "own"
    own.mkdir()
    for name in [name for project in PROJECTS.values() if project.name != "etcd" for name in project.components]:
        (own / name).write_text("#!/bin/sh\necho own\n")
        (own / name).chmod(0o755)
    named = resolver(tmp_path, server.url, said, components_dir=own)
    assert [project.name for project in named.lacking(VERSION)] == ["etcd"]
    server.publish(PROJECTS["etcd"])
    named.get(VERSION)
    assert named.lacking(VERSION) == []
    assert go.lines() == []
