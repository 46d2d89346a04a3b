"""The doctor's screen, for findings made up here."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from clusters.doctor.findings import Findings, Kind
from clusters.doctor.report import report
from clusters.requirement import Requirement

THERE = Requirement("programs", ok=True, detail="unshare, ip")
ROOT = Requirement("root", ok=False, detail="this user is not root", remedy="sudo make")
SETTING = Requirement("namespaces", ok=False, detail="user.max_user_namespaces is 0", remedy="sysctl -w it")
SLOW = Requirement("kernel", ok=False, detail="an old one", needed=False)
DISK = Requirement("disk", ok=False, detail="no room", remedy="make room")

HOST, UML = Kind("host", [THERE]), Kind("uml", [THERE])
BOTH = Findings(kinds=[HOST, UML], shared=[THERE], choice="host", why="on this host's own kernel, with its cgroup v1")


def printed(findings: Findings) -> tuple[int, list[str]]:
    output = StringIO()
    code = report(findings, Console(file=output, width=200))
    return code, output.getvalue().splitlines()


def test_all_is_there() -> None:
    code, lines = printed(BOTH)
    assert code == 0
    assert lines == [
        "local, nodes on this host's own kernel (--node host)",
        "  ok      programs  unshare, ip",
        "local, nodes in User-Mode Linux (--node uml)",
        "  ok      programs  unshare, ip",
        "all of them",
        "  ok      programs  unshare, ip",
        "",
        "--node host  can run.",
        "--node uml   can run.",
        f"--cluster auto --node auto takes local, the first provider that works here, with nodes {BOTH.why}.",
    ]


def test_containers_are_a_way_too() -> None:
    engine = Requirement("docker engine", ok=False, detail="no engine answers", remedy="start it")
    containers = [Kind("kind", [THERE]), Kind("k3d", [engine])]
    code, lines = printed(replace(BOTH, kinds=[Kind("host", [DISK])], containers=containers))
    assert code == 0
    assert "kind, nodes as containers of a Docker engine (--cluster kind)" in lines
    assert lines[-4:-1] == [
        "--node host     can't run until this is mended: disk.",
        "--cluster kind  can run.",
        "--cluster k3d   can't run until this is mended: docker engine.",
    ]


def test_ordinary_user_is_not_told_that_root_is_missing() -> None:
    host = Kind("host", [ROOT, THERE], for_this_user=False)
    code, lines = printed(replace(BOTH, kinds=[host, UML], choice="uml", why="in User-Mode Linux, for a reason"))
    assert code == 0
    assert not any("missing" in line for line in lines)
    assert lines[1:3] == ["  absent  root      this user is not root", "                    -> sudo make"]
    assert lines[-3] == "--node host  is not for this user, as it takes root."
    assert lines[-1].endswith(
        "takes local, the first provider that works here, with nodes in User-Mode Linux, for a reason."
    )


def test_nothing_works() -> None:
    host = Kind("host", [ROOT], for_this_user=False)
    code, lines = printed(replace(BOTH, kinds=[host, Kind("uml", [SETTING])], choice="uml", why=""))
    assert code == 1
    assert "  missing namespaces  user.max_user_namespaces is 0" in lines
    assert lines[-2:] == [
        "--node uml   can't run until this is mended: namespaces.",
        "--cluster auto --node auto finds nothing that works here.",
    ]


def test_what_all_kinds_take_keeps_each_from_running() -> None:
    code, lines = printed(replace(BOTH, shared=[DISK]))
    assert code == 1
    assert lines[-3:-1] == [
        "--node host  can't run until this is mended: disk.",
        "--node uml   can't run until this is mended: disk.",
    ]


def test_one_kind_that_works_is_enough() -> None:
    code, lines = printed(replace(BOTH, kinds=[HOST, Kind("uml", [SETTING])]))
    assert code == 0
    assert lines[-2] == "--node uml   can't run until this is mended: namespaces."
    code, lines = printed(replace(BOTH, kinds=[Kind("host", [DISK]), UML]))
    assert code == 0
    assert lines[-1].endswith("takes local with nodes on this host's own kernel, which can't run; --node uml can.")


@pytest.mark.parametrize("kind", ["host", "uml"])
def test_what_is_absent_costs_something(kind: str) -> None:
    code, lines = printed(replace(BOTH, kinds=[Kind(kind, [THERE, SLOW])], choice=kind))
    assert code == 0
    assert "  absent  kernel    an old one" in lines
    assert lines[-2].endswith("can run; what is absent costs it something: kernel.")
