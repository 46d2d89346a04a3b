"""The node's first program is Go and its orders are written in Python: what the two must agree on."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from clusters.components.goprogram import GoProgram
from clusters.local import processes
from clusters.local.topology import beside_machines
from clusters.uml import machine
from clusters.uml.agent import MachineNode
from clusters.uml.program import NODE_INIT

if TYPE_CHECKING:
    from pathlib import Path

TOPOLOGY = beside_machines("a", 1)
(NODE,) = TOPOLOGY.nodes


def _fields(struct: str) -> set[str]:
    """The names by which a struct of the program is read and written."""
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(NODE_INIT.sources.glob("*.go")))
    body = re.search(rf"^type {struct} struct {{\n(.*?)^}}", source, re.MULTILINE | re.DOTALL)
    assert body is not None, struct
    return set(re.findall(r'`json:"(\w+)', body[1]))


def test_orders_have_the_fields_that_are_read(tmp_path: Path) -> None:
    machine._write_orders(tmp_path, NODE, TOPOLOGY, "v2")
    orders = json.loads((tmp_path / "orders-0.json").read_text(encoding="utf-8"))
    assert set(orders) == _fields("spec")
    assert set(asdict(processes.kubelet(NODE, TOPOLOGY))) == _fields("process")


def test_questions_have_the_fields_that_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def answer(_: MachineNode, question: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
        asked.append(question)
        return {"code": 0, "texts": ["", ""]}

    monkeypatch.setattr(MachineNode, "_ask", answer)
    node = MachineNode(NODE, tmp_path / "agent", "token")
    node.read_texts(["/a", "/b"])
    node.run(["true"])
    node.stop("kubelet")
    node.start("kubelet")
    assert {name for question in asked for name in question} | {"token"} == _fields("question")
    assert _fields("answer") == {"texts", "code", "stdout", "stderr", "error"}


def test_each_file_of_the_sources_counts(tmp_path: Path) -> None:
    copied = GoProgram(NODE_INIT.name, tmp_path / "init")
    shutil.copytree(NODE_INIT.sources, copied.sources)
    seen = {NODE_INIT.recipe}
    assert copied.recipe in seen
    for source in sorted(copied.sources.iterdir()):
        source.write_text(source.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        seen.add(copied.recipe)
    assert len(seen) == 1 + len(list(copied.sources.iterdir()))
