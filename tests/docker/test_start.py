"""An image counts as loaded by what the nodes say, whatever the tool says."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from clusters.components.images import STRESS_REFERENCE, ImageArchive
from clusters.components.resolver import ComponentResolver
from clusters.contract import ClusterError
from clusters.docker import start
from clusters.docker.start import Start
from clusters.docker.tools import Tool
from clusters.progress import Progress
from tests.docker.plans import plan

TOOL = Tool("k3d", Path("/bin/true"), "5.8.3")


class FakeNode:
    """A node that says which images it has."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.images = ["registry.example/pause:3.10"]

    def run(self, arguments: list[str]) -> str:
        return "\n".join(self.images)


class FakeFlavour:
    """A tool whose loads end as they are told to: on which nodes the image is then, and what the tool says."""

    def __init__(self, nodes: list[FakeNode], *ends: tuple[int, str]) -> None:
        self._nodes = nodes
        self._ends = list(ends)

    def load(self, tool: Tool, asked: object, archive: Path) -> None:
        loaded, trouble = self._ends.pop(0)
        for node in self._nodes[:loaded]:
            node.images.append(STRESS_REFERENCE)
        if trouble:
            raise ClusterError(trouble)


def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *ends: tuple[int, str]) -> str:
    monkeypatch.setattr(start, "stress_archive", lambda *_: ImageArchive(tmp_path / "stress.tar", STRESS_REFERENCE))
    nodes = [FakeNode("server-0"), FakeNode("agent-0")]
    flavour = FakeFlavour(nodes, *ends)
    begun = Start(plan(tmp_path), cast("Any", flavour), cast("Any", nodes), cast("Any", None), list)
    return begun._load(TOOL, ComponentResolver(cache_dir=tmp_path / "cache"), Progress())


@pytest.mark.parametrize(
    "ends",
    [
        [(2, "")],
        [(2, "use of closed network connection")],
        [(1, "`k3d image import` did not end in 45 s"), (2, "")],
        [(0, ""), (2, "")],
    ],
)
def test_loaded_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: list[tuple[int, str]]) -> None:
    assert load(tmp_path, monkeypatch, *ends) == STRESS_REFERENCE


def test_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClusterError) as caught:
        load(tmp_path, monkeypatch, (1, ""), (1, "no space left on device"))
    told = str(caught.value)
    assert told.startswith(f"`k3d` was to load the image {STRESS_REFERENCE}, but it is not on node agent-0")
    assert told.endswith("no space left on device")
