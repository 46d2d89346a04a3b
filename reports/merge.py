"""Several runs in one report: what ran on different platforms or machines, side by side."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from reports.load import load
from reports.model import Results
from reports.schema import InvalidResultsError
from reports.write import write_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.model import Case

#: What cases and clusters refer to, by names that differ between clusters.
_FOLDERS = ("evidence", "logs")


def merge(runs: Sequence[Path], directory: Path, *, run_id: str = "", command: str = "") -> Results:
    """Make one run out of several, and write its reports.

    Args:
        runs: The runs' folders.
        directory: Gets the reports, and a copy of the evidence of runs that don't lie below it.
        run_id: What the run is called; by default it has the names of all.
        command: What the user typed; by default the commands of all.

    Raises:
        InvalidResultsError: A folder holds no valid results, or two runs have a cluster of the same name: which of two
            verdicts counts is nothing that a report may decide.
        OSError: The folder can't be written.
    """
    parts = [load(folder) for folder in runs]
    names = Counter(cluster.name for part in parts for cluster in part.clusters)
    if twice := [name for name, count in names.items() if count > 1]:
        raise InvalidResultsError(f"More than one run has the cluster {', '.join(twice)}: leave one of them out.")
    first, last = min(part.run.started for part in parts), max(part.run.ended for part in parts)
    merged = Results(
        run=replace(
            parts[0].run,
            id=run_id or "+".join(part.run.id for part in parts),
            started=first,
            ended=last,
            duration_s=sum(part.run.duration_s for part in parts),
            command=command or "; ".join(part.run.command for part in parts),
            exit_code=_exit_code([part.run.exit_code for part in parts]),
            interrupted=any(part.run.interrupted for part in parts),
        ),
        clusters=[cluster for part in parts for cluster in part.clusters],
        cases=[
            _seen_from(directory, folder, case) for folder, part in zip(runs, parts, strict=True) for case in part.cases
        ],
    )
    for folder in runs:
        if folder.is_relative_to(directory):
            continue
        for name in _FOLDERS:
            if (folder / name).is_dir():
                shutil.copytree(folder / name, directory / name, dirs_exist_ok=True)
    write_all(merged, directory)
    return merged


def _seen_from(directory: Path, folder: Path, case: Case) -> Case:
    """A case whose evidence is named from the folder of the common report on."""
    if not folder.is_relative_to(directory):
        return case
    below = folder.relative_to(directory)
    evidence = [{**file, "path": str(below / file["path"])} for file in case.evidence]
    return replace(case, evidence=evidence)


def _exit_code(codes: Sequence[int]) -> int:
    """1 where one run has a violation, else the highest: a broken environment's is above pytest's own."""
    return 1 if 1 in codes else max(codes)
