"""What the page shows first: the cases that differ, one entry for all the clusters where they do so alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.verdicts import DIFFERING, rank

if TYPE_CHECKING:
    from reports.matrix import Group, Row
    from reports.model import Case, Cluster


@dataclass(frozen=True, slots=True)
class Differing:
    """A case that differs.

    Attributes:
        row: The case in the matrix.
        case: What it found on the first of the clusters.
        clusters: Those where it has the same verdict for the same reason.
    """

    row: Row
    case: Case
    clusters: list[Cluster]


def differing(groups: list[Group], clusters: list[Cluster]) -> list[Differing]:
    """What differs, the worst first, else in the matrix's order."""
    found: dict[tuple[int, str, str], Differing] = {}
    for row in (row for group in groups for row in group.rows):
        for cluster, case in row.cells(clusters):
            if case is None or case.verdict not in DIFFERING:
                continue
            why = case.known_issue.id if case.known_issue else case.reason
            entry = found.setdefault((row.number, case.verdict.value, why), Differing(row, case, []))
            entry.clusters.append(cluster)
    return sorted(found.values(), key=lambda entry: rank(entry.case.verdict))
