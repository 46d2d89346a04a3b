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

#: What cases and clusters refer to, by names that differ between clusters.
_FOLDERS = ("evidence", "logs")


def merge(runs: Sequence[Path], directory: Path) -> Results:
    """Make one run out of several, and write its reports.

    Args:
        runs: The runs' folders.
        directory: Gets the reports and a copy of the evidence.

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
            id="+".join(part.run.id for part in parts),
            started=first,
            ended=last,
            duration_s=sum(part.run.duration_s for part in parts),
            command="; ".join(part.run.command for part in parts),
            exit_code=max(part.run.exit_code for part in parts),
            interrupted=any(part.run.interrupted for part in parts),
        ),
        clusters=[cluster for part in parts for cluster in part.clusters],
        cases=[case for part in parts for case in part.cases],
    )
    for folder in runs:
        for name in _FOLDERS:
            if (folder / name).is_dir():
                shutil.copytree(folder / name, directory / name, dirs_exist_ok=True)
    write_all(merged, directory)
    return merged
