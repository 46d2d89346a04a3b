from __future__ import annotations

import socket
import subprocess
import time
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from clusters.components.errors import ComponentError
from clusters.components.pins import Project, load_pins
from clusters.components.release import ReleaseClient, ReleaseUnavailableError
from clusters.progress import Progress
from clusters.versions import KubeVersion
from tests.components.release_server import ReleaseServer, serve_releases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECTS = {project.name: project for project in load_pins().projects(KubeVersion.parse("1.37"))}
RUNC = PROJECTS["runc"]
CONTAINERD = PROJECTS["containerd"]


@pytest.fixture
def server() -> Iterator[ReleaseServer]:
    with serve_releases() as server:
        yield server


@pytest.fixture
def output(tmp_path: Path) -> Path:
    output = tmp_path / "output"
    output.mkdir()
    return output


def fetch(project: Project, mirror: str, output: Path) -> None:
    client = ReleaseClient(mirror, Progress(Console(file=StringIO())), connect_timeout_s=0.5, read_timeout_s=0.5)
    client.fetch(project, output, output.parent / "work")


@pytest.mark.parametrize("project", [project for project in PROJECTS.values() if project.release], ids=lambda p: p.name)
def test_a_release_is_downloaded(server: ReleaseServer, output: Path, project: Project) -> None:
    server.publish(project)
    fetch(project, server.url, output)
    assert sorted(path.name for path in output.iterdir()) == sorted(project.components)
    for component in project.components:
        assert subprocess.check_output([output / component], text=True) == f"{component}\n"


def test_an_archive_is_downloaded_once(server: ReleaseServer, output: Path) -> None:
    server.publish(CONTAINERD)
    fetch(CONTAINERD, server.url, output)
    assert len(server.requests) == len(set(server.requests)) == 2


def test_a_mirror_may_have_a_path(server: ReleaseServer, output: Path) -> None:
    server.publish(RUNC)
    server.files = {f"/proxy/k8s{path}": content for path, content in server.files.items()}
    fetch(RUNC, f"{server.url}/proxy/k8s/", output)
    assert (output / "runc").exists()


def test_a_wrong_checksum_is_an_error_and_the_file_is_not_used(server: ReleaseServer, output: Path) -> None:
    server.publish(RUNC)
    path = next(path for path in server.files if path.endswith(("runc.amd64", "runc.arm64")))
    server.files[path] += b"# altered under way\n"
    with pytest.raises(ComponentError) as failure:
        fetch(RUNC, server.url, output)
    message = str(failure.value)
    assert f"{server.url}{path} has the SHA-256" in message
    assert "runc.sha256sum says" in message
    assert "was not used" in message
    assert list(output.iterdir()) == []


def test_a_truncated_body_is_tried_again_and_then_told(server: ReleaseServer, output: Path) -> None:
    server.publish(RUNC)
    path = next(path for path in server.files if path.endswith(("runc.amd64", "runc.arm64")))
    server.cut.add(path)
    with pytest.raises(ReleaseUnavailableError, match=rf"{server.url}{path} broke off \(.*IncompleteRead"):
        fetch(RUNC, server.url, output)
    assert server.requests.count(path) == 2
    assert list(output.iterdir()) == []


def test_a_missing_version_is_told_with_its_address(server: ReleaseServer, output: Path) -> None:
    with pytest.raises(ReleaseUnavailableError, match=rf"{server.url}/.*runc.sha256sum answers 404 Not Found"):
        fetch(RUNC, server.url, output)


def test_a_file_without_a_published_checksum_is_not_downloaded(server: ReleaseServer, output: Path) -> None:
    server.publish(RUNC)
    checksums = next(path for path in server.files if path.endswith("sha256sum"))
    server.files[checksums] = b"0" * 64 + b"  something-else\n"
    with pytest.raises(ReleaseUnavailableError, match=r"runc\.sha256sum holds no SHA-256 of runc\."):
        fetch(RUNC, server.url, output)
    assert server.requests == [checksums]


def test_an_archive_without_the_component_is_told(server: ReleaseServer, output: Path) -> None:
    server.publish(CONTAINERD)
    wanted = Project(**{name: getattr(CONTAINERD, name) for name in Project.__slots__} | {"components": ("nerdctl",)})
    with pytest.raises(ReleaseUnavailableError, match="holds no bin/nerdctl"):
        fetch(wanted, server.url, output)


def test_a_project_without_published_checksums_is_not_asked_for(server: ReleaseServer, output: Path) -> None:
    with pytest.raises(ReleaseUnavailableError, match="no checksum with the binaries of metrics-server"):
        fetch(PROJECTS["metrics-server"], server.url, output)
    assert server.requests == []


def test_a_dead_server_is_tried_once_for_all_projects(output: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        mirror = f"http://127.0.0.1:{closed.getsockname()[1]}"
    client = ReleaseClient(mirror, Progress(Console(file=StringIO())))
    with pytest.raises(ReleaseUnavailableError, match=r"can't be reached \(.*Connection refused"):
        client.fetch(RUNC, output, output.parent / "work")
    with pytest.raises(ReleaseUnavailableError, match=r"was not tried: .* can't be reached"):
        client.fetch(CONTAINERD, output, output.parent / "work")


def test_a_server_that_never_answers_costs_its_timeout_only(output: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        with pytest.raises(ReleaseUnavailableError, match="timed out"):
            fetch(RUNC, f"http://127.0.0.1:{silent.getsockname()[1]}", output)
        assert time.monotonic() - begun < 3


def test_a_mirror_that_is_no_address_is_refused() -> None:
    with pytest.raises(ComponentError, match=r"--mirror mirror\.example is no address; write it as https"):
        ReleaseClient("mirror.example", Progress(Console(file=StringIO())))
