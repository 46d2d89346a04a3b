"""The runtime for hosts without CAP_SYS_RESOURCE: which requests it finds, and what it takes out of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab import runtime

ALL = ["CAP_KILL", "CAP_SYS_RESOURCE", "CAP_SYS_ADMIN"]
LEFT = ["CAP_KILL", "CAP_SYS_ADMIN"]


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        ("--root /r create --bundle /b --pid-file /p id", ["/b/config.json"]),
        ("--root=/r run --bundle=/b id", ["/b/config.json"]),
        ("exec --process /tmp/process.json --detach id", ["/tmp/process.json"]),
        ("--root /r state id", []),
        ("--version", []),
    ],
)
def test_requests_are_found_on_runcs_command_line(arguments: str, files: list[str]) -> None:
    assert [str(path) for path in runtime.requests(arguments.split())] == files


def test_the_capability_goes_from_every_set_and_the_others_stay() -> None:
    document = {"process": {"capabilities": {"bounding": ALL, "effective": ALL, "ambient": None}}, "root": {}}
    assert runtime.without(document) == {
        "process": {"capabilities": {"bounding": LEFT, "effective": LEFT, "ambient": []}},
        "root": {},
    }


def test_a_process_without_capabilities_stays_as_it_is() -> None:
    assert runtime.without({"args": ["sh"]}) == {"args": ["sh"]}


def test_the_program_rewrites_a_bundle(tmp_path: Path) -> None:
    configuration = tmp_path / "config.json"
    configuration.write_text(json.dumps({"process": {"capabilities": {"bounding": ALL}}}), encoding="utf-8")
    subprocess.run([sys.executable, "-I", "-S", runtime.__file__, "create", "--bundle", tmp_path, "id"], check=True)
    assert json.loads(configuration.read_text())["process"]["capabilities"]["bounding"] == LEFT
