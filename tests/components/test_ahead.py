"""Components that are got beside the cases: really by a process, from a stand-in for the release hosts."""

from __future__ import annotations

import os
import time
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from clusters.components.ahead import Ahead
from clusters.components.cache import CACHE_VARIABLE
from clusters.components.pins import load_pins
from clusters.components.resolver import ComponentResolver
from clusters.progress import Progress
from clusters.versions import KubeVersion
from tests.components.fake_go import FakeGo
from tests.components.release_server import serve_releases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = KubeVersion.parse("1.37")
PROJECTS = [project for project in load_pins().projects(VERSION) if not project.provider]


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A host with all releases; what has none is built by a stand-in for Go."""
    go = FakeGo(tmp_path / "go-bin")
    go.directory.mkdir()
    unpublished = next(project for project in PROJECTS if project.release is None)
    go.write(module_sum=str(unpublished.module_sum))
    monkeypatch.setenv("PATH", f"{go.directory}:{os.environ['PATH']}")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    with serve_releases() as server:
        for project in PROJECTS:
            if project.release is not None:
                server.publish(project)
        yield server.url


def ahead_of(mirror: str, said: StringIO) -> Ahead:
    progress = Progress(Console(file=said, width=300))
    return Ahead(ComponentResolver(mirror=mirror, progress=progress), ["--mirror", mirror], progress)


def got(ahead: Ahead) -> None:
    ahead.begin(VERSION)
    assert not ahead.has(VERSION)
    deadline = time.monotonic() + 200
    while ahead.busy_with is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        ahead.poll()


def test_version_is_got_and_what_was_made_of_it_is_removed(mirror: str, tmp_path: Path) -> None:
    said = StringIO()
    ahead = ahead_of(mirror, said)
    got(ahead)
    assert ahead.has(VERSION)
    assert ahead.given_up == set()
    ahead.free(VERSION)
    assert "kubernetes v1.37.2: removed from the cache, which frees" in said.getvalue()
    assert not ahead.has(VERSION)
    # What all versions share stays.
    lacking = ComponentResolver(mirror=mirror).lacking(VERSION)
    assert [project.name for project in lacking] == ["kubernetes"]
    assert not list((tmp_path / "cache").glob(".work-*"))


def test_what_was_there_before_is_not_removed(mirror: str) -> None:
    ComponentResolver(mirror=mirror).get(VERSION)
    ahead = ahead_of(mirror, StringIO())
    ahead.free(VERSION)
    assert ahead.has(VERSION)


def test_version_that_cannot_be_had_is_given_up(mirror: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"].split(":", 1)[1])
    monkeypatch.setenv("GOTOOLCHAIN", "no such toolchain")
    said = StringIO()
    ahead = ahead_of(mirror, said)
    got(ahead)
    assert ahead.given_up == {VERSION}
    assert "its components could not be had" in said.getvalue()


def test_what_is_being_got_ends_with_whoever_wanted_it(mirror: str) -> None:
    ahead = ahead_of(mirror, StringIO())
    ahead.begin(VERSION)
    ahead.stop()
    ahead.stop()
    ahead.poll()
    assert ahead.busy_with is None
