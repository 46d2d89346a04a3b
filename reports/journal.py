"""What a run found so far, on disk as it comes: a run that is killed leaves its verdicts, and can be gone on with.

One line of JSON an entry: ``session`` when pytest begins to work on the run, ``cluster`` whenever something new is
known of a cluster, ``case`` when a case is over. The last entry about a case or cluster counts.
"""

from __future__ import annotations

import datetime
import fcntl
import json
import time
from dataclasses import asdict, dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any

from reports.model import Results
from reports.records import case_of, cluster_of, run_of
from reports.redact import redact_document

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reports.model import Case, Cluster, Run

JOURNAL = "journal.jsonl"
#: pytest's own code for a run that was interrupted.
_INTERRUPTED = 2


class RunInUseError(Exception):
    """The run is still going on: another process holds its journal."""


@dataclass(slots=True)
class Found:
    """What a journal tells.

    Attributes:
        run: The run, as far as it came.
        clusters: Its clusters by name.
        cases: Its cases by id and cluster.
    """

    run: Run
    clusters: dict[str, Cluster] = field(default_factory=dict)
    cases: dict[tuple[str, str], Case] = field(default_factory=dict)

    def results(self) -> Results:
        """The same as results, those of an interrupted run."""
        cases = [self.cases[key] for key in sorted(self.cases)]
        return Results(run=self.run, clusters=[self.clusters[name] for name in sorted(self.clusters)], cases=cases)


class Journal:
    """Writes a run's journal.

    Args:
        folder: The run's.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL
        self._file: IO[str] | None = None
        self._told: dict[str, Cluster] = {}

    def hold(self) -> None:
        """Take the journal for this process until it ends, however it ends; the first entry does the same.

        Raises:
            RunInUseError: Another process has it.
        """
        if self._file is not None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise RunInUseError(f"the run in {self._path.parent} is still going on") from error
        # Who was killed while writing left half a line.
        if file.tell() and not self._path.read_bytes().endswith(b"\n"):
            file.write("\n")
        self._file = file

    def begin(self, run: Run) -> None:
        """Say that pytest begins to work on the run."""
        self._write("session", asdict(run))

    def add(self, case: Case, clusters: Iterable[Cluster]) -> None:
        """Enter a case that is over, and before it whatever is new of the clusters."""
        for cluster in clusters:
            if self._told.get(cluster.name) != cluster:
                self._write("cluster", asdict(cluster))
                self._told[cluster.name] = replace(cluster)
        self._write("case", asdict(case))

    def _write(self, kind: str, entry: dict[str, Any]) -> None:
        self.hold()
        assert self._file is not None
        line = {"at": round(time.time(), 3), kind: redact_document(entry)}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        # What the kernel has is safe from SIGKILL.
        self._file.flush()


def read_journal(folder: Path) -> Found | None:
    """What the journal in a run's folder tells; None where there is none, or nothing in it.

    Raises:
        OSError: It can't be read.
    """
    path = folder / JOURNAL
    if not path.exists():
        return None
    found: Found | None = None
    spent_s = began = at = 0.0
    # Not by splitlines, which breaks at more than the ends of lines of JSON.
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            entry = json.loads(line)
        except ValueError:
            # Half a line: see Journal.hold.
            continue
        if "session" in entry:
            spent_s += at - began
            began = entry["at"]
            run = run_of(entry["session"])
            found = found or Found(run)
            found.run.command = run.command
        at = entry["at"]
        if found is None:
            continue
        if "cluster" in entry:
            cluster = cluster_of(entry["cluster"])
            found.clusters[cluster.name] = cluster
        if "case" in entry:
            case = case_of(entry["case"])
            found.cases[case.id, case.cluster] = case
    if found is None:
        return None
    duration_s = round(spent_s + at - began, 3)
    found.run = replace(found.run, ended=iso(at), duration_s=duration_s, exit_code=_INTERRUPTED, interrupted=True)
    return found


def iso(seconds: float) -> str:
    """A moment in seconds since the epoch as ISO 8601 in UTC."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
