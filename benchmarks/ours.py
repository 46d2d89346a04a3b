"""Runs this suite's cases that stand for a choice of upstream's, as a user would: pytest in a process of its own."""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.attach import CASES, IDS, MEMORY, SETTINGS_VARIABLE
from benchmarks.outcome import Outcome
from benchmarks.process import Ended, timed
from clusters.contract import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clusters.contract import ClusterRecord
    from clusters.variants import Platform
    from clusters.versions import KubeVersion

#: How the suite calls itself in its requests (clusters/api.py).
AGENT = "resize-conformance"
ROOT = Path(__file__).parents[1]
#: Where nothing is amiss pytest ends with 0, and with 1 where a case failed.
_ENDINGS = frozenset({0, 1})


@dataclass(frozen=True, slots=True)
class OurSuite:
    """The suite, as it is run on one cluster."""

    folder: Path
    version: KubeVersion
    platform: Platform
    gates: Mapping[str, bool]

    def ids(self) -> set[str]:
        """The upstream cases that have a case here."""
        notes, _ = self._run("ours-ids", ["--collect-only"], wanted=None, record=None)
        return {case_id for ids in _read(notes / IDS).values() for case_id in ids}

    def run(self, ids: Sequence[str], label: str, record: ClusterRecord, *, workers: int) -> Outcome:
        """Run the cases that stand for ``ids``; with one worker pytest itself is that one."""
        spread = ["-n", str(workers), "--dist", "worksteal"] if workers > 1 else []
        notes, ended = self._run(label, spread, wanted=ids, record=record)
        whose = "gw*" if workers > 1 else "main"
        peaks = [_read(path)["peak_mib"] for path in notes.glob(MEMORY.format(whose))]
        return outcome(ended, _read(notes / CASES), ids, max(peaks))

    def collect(self, versions: Sequence[KubeVersion]) -> tuple[int, Ended]:
        """How many cases these versions have together, and what it takes pytest to find them."""
        command = [*self._pytest, "--kube-version", ",".join(map(str, versions)), "--collect-only", "-qq"]
        log = self.folder / "collected.log"
        ended = timed(command, log, folder=ROOT, environment=self._environment)
        return sum(_count(line) for line in log.read_text(encoding="utf-8").splitlines()), ended

    @property
    def _pytest(self) -> list[str]:
        platform = ["--node", self.platform.node, "--cgroup", self.platform.cgroup_version or "auto"]
        return [
            sys.executable, "-m", "pytest", "-c", "pyproject.toml", "suites", "--cluster", "local", *platform,
            "--level", "nightly",
        ]  # fmt: skip

    @property
    def _environment(self) -> dict[str, str]:
        """The user's, but Python keeps byte code as it does by default, in a folder of the benchmark's."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return kept | {"PYTHONPYCACHEPREFIX": str(self.folder / "bytecode")}

    def _run(
        self, label: str, more: Sequence[str], *, wanted: Iterable[str] | None, record: ClusterRecord | None
    ) -> tuple[Path, Ended]:
        notes = self.folder / label
        notes.mkdir(parents=True)
        settings = notes / "settings.json"
        document = {
            "folder": str(notes),
            "wanted": None if wanted is None else list(wanted),
            "record": record and record.to_json(),
        }
        settings.write_text(json.dumps(document), encoding="utf-8")
        gates = ",".join(f"{name}={str(on).lower()}" for name, on in self.gates.items())
        command = [
            *self._pytest, "--kube-version", str(self.version), "-p", "benchmarks.attach",
            "--feature-gates", gates, "--results-dir", str(notes / "results"), *more,
        ]  # fmt: skip
        log = notes / "pytest.log"
        environment = self._environment | {SETTINGS_VARIABLE: str(settings)}
        ended = timed(command, log, folder=ROOT, environment=environment)
        if ended.code not in _ENDINGS:
            raise ClusterError(f"pytest ended with {ended.code}; see {log}")
        return notes, ended


def outcome(ended: Ended, cases: Iterable[Mapping[str, Any]], wanted: Sequence[str], peak_mib: float) -> Outcome:
    """What a run came to, by upstream's ids.

    Args:
        ended: How its process ended.
        cases: As the plugin noted them.
        wanted: The ids that were to run; a case that stands for others too is charged to these alone.
        peak_mib: The most memory that one of its processes had.
    """
    took_s: dict[str, float] = defaultdict(float)
    failures = {}
    for case in cases:
        ids = set(case["ids"]).intersection(wanted)
        for case_id in ids:
            took_s[case_id] += case["took_s"] / len(ids)
            if case["failure"]:
                failures[case_id] = case["failure"]
    return Outcome(ended, dict(took_s), failures, peak_mib=peak_mib)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _count(line: str) -> int:
    """The 3 of ``suites/area/test_area.py: 3``."""
    name, _, count = line.rpartition(": ")
    return int(count) if name.startswith("suites/") and count.isdigit() else 0
