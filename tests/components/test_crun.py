from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from clusters.components.cache import ComponentCache
from clusters.components.crun import _make_ready, crun
from clusters.components.errors import ComponentError
from tests.components.cache_workers import quiet

if TYPE_CHECKING:
    from pathlib import Path

PLACE = "/run/node/crun"


def test_a_named_directory_comes_first(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "crun").write_text("#!/bin/sh\necho crun version 1.99.0\n")
    (own / "crun").chmod(0o755)
    found = crun(ComponentCache(tmp_path / "cache", quiet()), own, quiet(), place=PLACE)
    assert (found.files, found.version) == ({"crun": own / "crun"}, "1.99.0")


def parts(tmp_path: Path) -> tuple[Path, Path, list[Path]]:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "liba.so.1").write_text("a")
    (tmp_path / "loader").write_text("loader")
    program = tmp_path / "program"
    program.write_bytes(b"ELF...\0/lib64/ld-linux-x86-64.so.2\0...")
    return program, tmp_path / "loader", [tmp_path / "lib"]


def test_the_program_names_the_loader_that_came_with_it(tmp_path: Path) -> None:
    program, loader, libraries = parts(tmp_path)
    ready = tmp_path / "ready"
    _make_ready(ready, program, loader, libraries, PLACE)
    content = (ready / "crun.bin").read_bytes()
    assert len(content) == len(program.read_bytes())
    assert b"\0/run/node/crun/ld.so\0" in content
    assert b"ld-linux" not in content
    assert {path.name for path in ready.rglob("*") if path.is_file()} == {"crun", "crun.bin", "ld.so", "liba.so.1"}
    subprocess.run(["sh", "-n", ready / "crun"], check=True)


def test_a_place_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ComponentError, match="too long a path"):
        _make_ready(tmp_path / "ready", *parts(tmp_path), "/run/node/a/very/long/place")
