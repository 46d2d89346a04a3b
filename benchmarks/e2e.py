"""Runs e2e.test: one ginkgo process, a choice of its cases."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.outcome import Outcome
from benchmarks.process import Ended, timed
from clusters.contract import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

#: How e2e.test calls itself in its requests (test/e2e/framework/framework.go: the program's name, then the case's).
AGENT = "e2e.test/"
#: Every resize case has it in its name.
_RESIZE = "Resize|resize"
_NS = 1e9


@dataclass(frozen=True, slots=True)
class E2eTest:
    """The program and where it runs."""

    binary: Path
    kubeconfig: str
    folder: Path

    def names(self) -> list[str]:
        """The names in full of all cases about resizing."""
        specs, _ = self._run(_RESIZE, ["--ginkgo.dry-run"], "names")
        return [_full_name(spec) for spec in specs]

    def run(self, names: Mapping[str, str], label: str) -> Outcome:
        """Run cases.

        Args:
            names: Id to name in full.
            label: Names the report and the log.
        """
        ids = {full: case_id for case_id, full in names.items()}
        specs, ended = self._run(focus(names.values()), [], label)
        took_s = {ids[_full_name(spec)]: spec["RunTime"] / _NS for spec in specs}
        failures = {ids[_full_name(spec)]: _why(spec) for spec in specs if spec["State"] != "passed"}
        return Outcome(ended, took_s, failures)

    def _run(self, pattern: str, more: Sequence[str], label: str) -> tuple[list[dict[str, Any]], Ended]:
        report = self.folder / f"{label}.json"
        command = [
            str(self.binary),
            f"--kubeconfig={self.kubeconfig}",
            "--provider=skeleton",
            "--num-nodes=1",
            "--disable-log-dump",
            "--dump-logs-on-failure=false",
            f"--ginkgo.focus={pattern}",
            f"--ginkgo.json-report={report}",
            "--ginkgo.no-color",
            "--ginkgo.timeout=12h",
            *more,
        ]
        log = self.folder / f"{label}.log"
        ended = timed(command, log, folder=self.folder)
        if not report.exists():
            raise ClusterError(f"e2e.test ended with {ended.code} and without a report; see {log}")
        (document,) = json.loads(report.read_text(encoding="utf-8"))
        return chosen(document), ended


def images_of(binary: Path) -> list[str]:
    """The names of the image that the pods of the resize cases are made of (test/utils/image/manifest.go)."""
    listed = subprocess.run([binary, "--list-images"], capture_output=True, text=True, check=True).stdout
    return [line.strip() for line in listed.splitlines() if "/busybox:" in line]


def focus(names: Iterable[str]) -> str:
    """A pattern that names just these cases; ginkgo matches it against the whole name."""
    return "|".join(f"{re.escape(name)}$" for name in names)


def chosen(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cases of ginkgo's report that were to run."""
    specs = document["SpecReports"] or []
    return [spec for spec in specs if spec["LeafNodeType"] == "It" and spec["State"] != "skipped"]


def _full_name(spec: Mapping[str, Any]) -> str:
    return " ".join([*(spec["ContainerHierarchyTexts"] or []), spec["LeafNodeText"]])


def _why(spec: Mapping[str, Any]) -> str:
    message = (spec.get("Failure") or {}).get("Message", "")
    return f"{spec['State']}: {message}".strip()
