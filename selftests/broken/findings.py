"""What a run of the suite found on a broken cluster."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clusters.local.wardens import PROJECT_ROOT
from fixtures.invariants import ID as WHOLE_RUN
from reports.load import load

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reports.model import Case, Results

#: A run takes up to 40 s on two idle cores.
TIMEOUT_S = 150.0
#: Cases on a broken cluster mostly wait.
WORKERS = 4


@dataclass(frozen=True)
class Findings:
    """A finished run.

    Attributes:
        exit_code: pytest's.
        results: The content of results.json.
        output: What was printed.
    """

    exit_code: int
    results: Results
    output: str

    @property
    def verdicts(self) -> dict[str, str]:
        """Each case's verdict by the case's ID; how the cluster fared as a whole is a case that none asked for."""
        return {case.id: case.verdict.value for case in self.results.cases if case.id != WHOLE_RUN}

    def case(self, case_id: str) -> Case:
        """A case by its ID."""
        return next(case for case in self.results.cases if case.id == case_id)

    @property
    def cgroup_version(self) -> str | None:
        """Of the only cluster."""
        (cluster,) = self.results.clusters
        return cluster.cgroup_version


def run_suite(cases: Iterable[str], *, version: str, components_dir: Path, results_dir: Path) -> Findings:
    """Run some cases of the suite as a user does, with components from a directory.

    Args:
        cases: Their IDs as in results.json.
        version: The cluster's Kubernetes version.
        components_dir: For ``--components-dir``.
        results_dir: For ``--results-dir``; empty.

    Raises:
        AssertionError: The run left no results; the message is what it printed.
    """
    command = [
        *(sys.executable, "-m", "pytest", "-c", "pyproject.toml", "suites", "-p", "no:cacheprovider"),
        *("-n", str(WORKERS), "--dist", "worksteal"),
        f"--kube-version={version}",
        f"--components-dir={components_dir}",
        f"--results-dir={results_dir}",
        *("-k", " or ".join(_keyword(case) for case in cases)),
    ]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    output = done.stdout + done.stderr
    assert (results_dir / "latest").exists(), output
    return Findings(done.returncode, load(results_dir / "latest" / "results.json"), output)


def _keyword(case: str) -> str:
    """The part of pytest's ``-k`` that chooses a case: its function's name and its parameters."""
    function, _, parameters = case.rpartition("::")[2].rstrip("]").partition("[")
    return f"({function} and {parameters})" if parameters else function
