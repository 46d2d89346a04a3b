"""Before a run: what it needs and nothing else, with every reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusters.contract import ClusterError
from clusters.doctor import preflight as module
from clusters.doctor.findings import Findings, Kind
from clusters.doctor.preflight import preflight
from clusters.requirement import Requirement
from clusters.variants import Platform

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ROOT = Requirement("root", ok=False, detail="this user is not root", remedy="sudo make")
SETTING = Requirement("namespaces", ok=False, detail="user.max_user_namespaces is 0", remedy="sysctl -w it")
SLOW = Requirement("kernel", ok=False, detail="an old one", needed=False)
DISK = Requirement("disk", ok=False, detail="no room", remedy="make room")
HOST_V1, UML_V1, UML_V2 = Platform("host", "v1"), Platform("uml", "v1"), Platform("uml", "v2")


class Machine:
    """What :func:`clusters.doctor.findings.look` would find."""

    def __init__(self) -> None:
        self.lacks: dict[str, list[Requirement]] = {"host": [], "uml": [SLOW]}
        self.shared: list[Requirement] = []
        self.looked: list[str] = []

    def look(self, nodes: Sequence[str], components_dir: Path | None = None) -> Findings:
        self.looked += nodes
        return Findings([Kind(node, self.lacks[node]) for node in nodes], self.shared, choice="uml", why="")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(module, "look", made.look)
    return made


def reasons(*platforms: Platform, chosen_here: bool = False) -> list[str]:
    with pytest.raises(ClusterError) as caught:
        preflight(platforms, chosen_here=chosen_here)
    return str(caught.value).splitlines()


def test_all_is_there(machine: Machine) -> None:
    preflight([HOST_V1, UML_V1, UML_V2])
    assert machine.looked == ["host", "uml"]


def test_only_what_the_run_needs_is_looked_at(machine: Machine) -> None:
    machine.lacks["host"] = [ROOT]
    preflight([UML_V1, UML_V2])
    assert machine.looked == ["uml"]


def test_every_reason_is_told(machine: Machine) -> None:
    machine.lacks = {"host": [ROOT, DISK], "uml": [SLOW, SETTING]}
    machine.shared = [DISK, SLOW]
    assert reasons(HOST_V1, UML_V2) == [
        "no cluster was started, as this machine lacks what the run needs.",
        "local, nodes on this host's own kernel (--node host):",
        "  - root: this user is not root: sudo make",
        "  - disk: no room: make room",
        "local, nodes in User-Mode Linux (--node uml):",
        "  - namespaces: user.max_user_namespaces is 0: sysctl -w it",
        "any cluster here:",
        "  - disk: no room: make room",
        "`make doctor` shows all that was looked at.",
    ]


def test_other_kind_is_explained_where_nobody_asked_for_this_one(machine: Machine) -> None:
    machine.lacks = {"host": [ROOT], "uml": [SETTING]}
    assert not any("root" in line for line in reasons(UML_V2))
    assert "  - root: this user is not root: sudo make" in reasons(UML_V2, chosen_here=True)


def test_what_all_kinds_lack_is_told_once(machine: Machine) -> None:
    machine.lacks["host"] = [ROOT]
    machine.shared = [DISK]
    lines = reasons(UML_V2, chosen_here=True)
    assert lines[1:3] == ["any cluster here:", "  - disk: no room: make room"]
    assert machine.looked == ["uml"]


def test_what_a_run_does_without_is_not_asked_for(machine: Machine) -> None:
    machine.shared = [DISK]
    preflight([HOST_V1], without=["disk"])
    assert reasons(HOST_V1)[1] == "any cluster here:"


def test_who_asks_for_the_host_hears_of_the_other_kind(machine: Machine) -> None:
    machine.lacks["host"] = [ROOT]
    assert "--node uml can run here, which needs no root" in reasons(HOST_V1)[-1]
