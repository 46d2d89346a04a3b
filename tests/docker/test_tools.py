"""How the tools are run: what they print, when they are ended, and what is told of their failures."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from clusters.contract import ClusterError
from clusters.docker.causes import likely_cause
from clusters.docker.facts import why_hopeless
from clusters.docker.tools import Tool
from tests.docker.test_facts import container

SHELL = Tool("kind", Path("/bin/sh"), "0.33.0")


def test_output_is_returned_and_logged_without_colours(tmp_path: Path) -> None:
    output = SHELL.run(
        "-c", r"printf '\033[36mINFO\033[0m done\n'; echo more >&2", log=tmp_path / "logs" / "create.log"
    )
    assert output == "INFO done\nmore\n"
    assert (tmp_path / "logs" / "create.log").read_text() == (
        "$ kind -c printf '\\033[36mINFO\\033[0m done\\n'; echo more >&2\nINFO done\nmore\n\n"
    )


def test_long_output_comes_whole_after_many_looks(tmp_path: Path) -> None:
    output = SHELL.run("-c", "seq 30000; sleep 1.2; echo end", log=tmp_path / "log")
    assert output.splitlines() == [*map(str, range(1, 30001)), "end"]


def test_last_lines_are_those_that_say_something(tmp_path: Path) -> None:
    script = "echo ERROR: failed to init; for i in $(seq 40); do echo 'I1125 17:32:38.7 160 round_trippers.go] x'; done"
    with pytest.raises(ClusterError) as caught:
        SHELL.run("-c", f"{script}; exit 3", log=tmp_path / "log")
    assert "ended with 3" in str(caught.value)
    assert "ERROR: failed to init" in str(caught.value)
    assert "round_trippers.go] x" not in str(caught.value).partition("Its last lines")[2]


def test_what_can_not_succeed_is_ended(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(ClusterError, match="was ended, as it can't succeed: node n has ended with code 1"):
        SHELL.run("-c", "echo up; sleep 60", log=tmp_path / "log", hopeless=lambda: "node n has ended with code 1")
    assert time.monotonic() - began < 10
    assert "up" in (tmp_path / "log").read_text()


def test_nodes_that_can_not_come_up() -> None:
    assert why_hopeless([container("created"), container(restarts=1)]) is None
    assert why_hopeless([container("exited", ExitCode=3)]) == "node n-control-plane has ended with code 3"
    assert why_hopeless([container(restarts=3)]) == "node n-control-plane ends as often as it is started"


GATE = 'Error: invalid argument "Bogus=true" for "--feature-gates" flag: unrecognized feature gate: Bogus'


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("n/pods/kube-system_kube-apiserver-n_1/kube-apiserver/0.log", f"2026-11-25T17:32:38.7Z stderr F {GATE}"),
        ("n/kubelet.log", 'E1125 17:32:38.7 160 run.go:72] "command failed" err="unrecognized feature gate: Bogus"'),
        (
            "n/kubelet.log",
            "Nov  5 17:37:48 n-control-plane kubelet[237]: panic: defaults: unrecognized feature gate: Bogus",
        ),
        ("k3d-n-server-0.log", GATE),
    ],
)
def test_cause_is_found_in_the_logs(tmp_path: Path, file: str, line: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(f"I1125 17:32:38.6 160 flags.go] Bogus=true\n{line}\n")
    (tmp_path / "create.log").write_text("Error: no space left on device\n")
    told = likely_cause(tmp_path)
    assert f"\n{file} says: " in told
    assert "Likely cause: this version does not know the feature gate" in told


def test_no_cause_where_nobody_said_anything(tmp_path: Path) -> None:
    (tmp_path / "k3d-n-server-0.log").write_text("W1125 17:32:38.6 160 a.go] permission denied\n")
    assert likely_cause(tmp_path) == ""
