from __future__ import annotations

import json
import multiprocessing
import os
import time
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from clusters.components.cache import CACHE_VARIABLE, ComponentCache, default_cache_directory
from clusters.components.errors import ComponentError
from clusters.progress import Progress
from tests.components.cache_workers import CONTENT, fill_forever, fill_slowly, quiet

if TYPE_CHECKING:
    from pathlib import Path

SPAWN = multiprocessing.get_context("spawn")


class Filler:
    """Fills an entry and counts how often it had to."""

    def __init__(self, source: str = "build") -> None:
        self.source = source
        self.count = 0

    def __call__(self, content: Path) -> str:
        self.count += 1
        (content / "tool").write_bytes(CONTENT)
        (content / "alias").hardlink_to(content / "tool")
        return self.source


@pytest.fixture
def said() -> StringIO:
    return StringIO()


@pytest.fixture
def cache(tmp_path: Path, said: StringIO) -> ComponentCache:
    return ComponentCache(tmp_path / "cache", Progress(Console(file=said, width=200)))


def test_an_entry_is_filled_once(cache: ComponentCache) -> None:
    fill = Filler()
    entry, was_there = cache.get("tool-v1", "recipe", fill)
    assert not was_there
    assert (entry.directory / "tool").read_bytes() == CONTENT
    assert cache.get("tool-v1", "recipe", fill) == (entry, True)
    assert fill.count == 1


def test_the_manifest_describes_every_file(cache: ComponentCache) -> None:
    entry, _ = cache.get("tool-v1", "recipe", Filler())
    manifest = json.loads((entry.directory / "manifest.json").read_text())
    assert (manifest["name"], manifest["source"], manifest["recipe"]) == ("tool-v1", "build", "recipe")
    assert {name: file["size"] for name, file in manifest["files"].items()} == {
        "tool": len(CONTENT),
        "alias": len(CONTENT),
    }
    assert manifest["files"]["tool"]["sha256"] == manifest["files"]["alias"]["sha256"]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda directory: (directory / "alias").unlink(), "alias is missing"),
        (lambda directory: os.truncate(directory / "tool", 7), "has 7 bytes instead of 6000"),
        (lambda directory: (directory / "tool").write_bytes(b"x" * len(CONTENT)), "was altered"),
        (lambda directory: (directory / "manifest.json").write_text("{"), "manifest can't be read"),
        (lambda directory: (directory / "manifest.json").unlink(), "manifest can't be read"),
        (lambda directory: (directory / "manifest.json").write_text('{"files": {}}'), "manifest can't be read"),
    ],
    ids=["missing", "truncated", "altered", "manifest cut", "manifest missing", "manifest incomplete"],
)
def test_a_broken_entry_is_made_anew(cache: ComponentCache, said: StringIO, damage: object, reason: str) -> None:
    fill = Filler()
    entry, _ = cache.get("tool-v1", "recipe", fill)
    assert callable(damage)
    damage(entry.directory)
    assert cache.lookup("tool-v1", "recipe") is None
    again, was_there = cache.get("tool-v1", "recipe", fill)
    assert not was_there
    assert (again.directory / "tool").read_bytes() == CONTENT
    assert "tool-v1" in said.getvalue()
    assert reason in said.getvalue()
    assert [path.name for path in cache.directory.iterdir() if path.name != ".locks"] == ["tool-v1"]


def test_a_new_time_alone_is_no_damage(cache: ComponentCache) -> None:
    entry, _ = cache.get("tool-v1", "recipe", Filler())
    os.utime(entry.directory / "tool", ns=(1, 1))
    assert cache.lookup("tool-v1", "recipe") == entry
    manifest = json.loads((entry.directory / "manifest.json").read_text())
    assert manifest["files"]["tool"]["mtime_ns"] == 1


def test_changed_build_settings_rebuild_what_was_built_only(cache: ComponentCache) -> None:
    built, released = Filler(), Filler("release")
    for recipe in ("old", "new"):
        cache.get("built-v1", recipe, built)
        cache.get("released-v1", recipe, released)
    assert (built.count, released.count) == (2, 1)


def test_a_failed_filling_leaves_nothing(cache: ComponentCache) -> None:
    def fail(content: Path) -> str:
        (content / "tool").write_bytes(CONTENT)
        raise ComponentError("no network")

    with pytest.raises(ComponentError, match="no network"):
        cache.get("tool-v1", "recipe", fail)
    assert [path.name for path in cache.directory.iterdir()] == [".locks"]


def test_processes_fill_an_entry_once_and_see_all_of_it(tmp_path: Path) -> None:
    marker = tmp_path / "filled"
    processes = [SPAWN.Process(target=fill_slowly, args=(tmp_path / "cache", marker)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 4
    assert len(marker.read_text().splitlines()) == 1


def test_a_killed_process_blocks_nobody_and_its_traces_are_swept(tmp_path: Path, cache: ComponentCache) -> None:
    marker = tmp_path / "half"
    process = SPAWN.Process(target=fill_forever, args=(cache.directory, marker))
    process.start()
    deadline = time.monotonic() + 30
    while not marker.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.join(30)
    assert len(list(cache.directory.glob(".work-*"))) == 1
    fill = Filler()
    entry, _ = cache.get("tool-v1", "recipe", fill)
    assert fill.count == 1
    assert (entry.directory / "tool").read_bytes() == CONTENT
    assert list(cache.directory.glob(".work-*")) == []


def test_an_unwritable_cache_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ComponentError, match=f"{tmp_path}/file/cache can't be written.*{CACHE_VARIABLE}"):
        ComponentCache(tmp_path / "file" / "cache", quiet()).get("tool-v1", "recipe", Filler())


def test_the_variable_names_the_cache_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert default_cache_directory() == tmp_path
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_directory() == tmp_path / "resize-conformance"
