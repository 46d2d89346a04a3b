"""The suites' cases with what they cite, as pytest itself collects them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class CollectedCase:
    """A case of the suites; each set of parameters is one.

    Attributes:
        id: Such as ``suites/memory/test_shrink.py::test_down[with_restart]``.
        title: The first line of its docstring, and the parameters.
        rules: The rules of the catalogue that it checks.
        upstream: The ids of the upstream cases that it stands for.
        known_issues: The ids of the known issues that may make it fail.
    """

    id: str
    title: str
    rules: tuple[str, ...]
    upstream: tuple[str, ...]
    known_issues: tuple[str, ...]

    @property
    def feature(self) -> str:
        """The folder under suites/."""
        return self.id.split("/")[1]

    @property
    def file(self) -> str:
        """Its path in the checkout."""
        return self.id.partition("::")[0]

    @property
    def name(self) -> str:
        """Its function, with parameters where it has any."""
        return self.id.partition("::")[2]


def collect_cases() -> list[CollectedCase]:
    """All cases of all levels, by id. Takes a few seconds: it is pytest's own collection, in a process of its own.

    Raises:
        RuntimeError: They can't be collected; the message is pytest's.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.json"
        command = [sys.executable, "-m", "fixtures.collecting", str(file)]
        done = subprocess.run(command, cwd=_CHECKOUT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"the suites can't be collected:\n{done.stdout}{done.stderr}")
        return [
            CollectedCase(
                case["id"], case["title"], tuple(case["rules"]), tuple(case["upstream"]), tuple(case["known_issues"])
            )
            for case in json.loads(file.read_text(encoding="utf-8"))
        ]
