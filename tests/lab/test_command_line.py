"""The lab's command line."""

from __future__ import annotations

import os

import pytest

from clusters.versions import KubeVersion
from lab import requirements
from lab.__main__ import parse
from lab.place import LabError


def test_options_come_before_the_dashes_and_the_command_after_them() -> None:
    options = parse(["--kind-node", "1.37,1.30", "--k3d-node=1.37.2", "--", "pytest", "suites", "--node", "host"])
    assert options.kind_node == [KubeVersion(1, 37), KubeVersion(1, 30)]
    assert options.k3d_node == [KubeVersion(1, 37, 2)]
    assert options.command == ["pytest", "suites", "--node", "host"]


@pytest.mark.parametrize("arguments", [[], ["--kind-node", "1.37"], ["--kind-node", "newest", "--", "true"]])
def test_a_command_line_without_a_meaning_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert "python -m lab" in capsys.readouterr().err


def test_what_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "_ENGINE", (("dockerd-of-nobody", "docker.io", None),))
    with pytest.raises(LabError, match=r"dockerd-of-nobody is missing.*apt-get install docker\.io"):
        requirements.check(images=False)


def test_only_root_runs_a_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="take root on Linux: sudo"):
        requirements.check(images=False)
