"""The matrix of case by cluster, grouped by feature: what the terminal's table and the page share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.verdicts import rank

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.model import Case, Cluster, Results


@dataclass(slots=True)
class Row:
    """One case on all clusters.

    Attributes:
        number: Place in the report from 1, for anchors.
        id: The case's id.
        first: The entry that title and description are taken from.
        by_cluster: Cluster name to the case's entry there; a cluster on which the case didn't run is missing.
    """

    number: int
    id: str
    first: Case
    by_cluster: dict[str, Case] = field(default_factory=dict)

    def cells(self, clusters: Iterable[Cluster]) -> list[tuple[Cluster, Case | None]]:
        """The entries in the clusters' order; None where the case didn't run."""
        return [(cluster, self.by_cluster.get(cluster.name)) for cluster in clusters]

    @staticmethod
    def worst(cases: Iterable[Case]) -> Case:
        """The entry with the worst verdict.

        Raises:
            ValueError: There is none.
        """
        return min(cases, key=lambda case: rank(case.verdict))


@dataclass(slots=True)
class Group:
    """The cases of one feature, in the order in which they ran."""

    feature: str
    rows: list[Row] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The feature's folder name as a heading, such as ``Restart policy`` for ``restart_policy``."""
        words = self.feature.replace("_", " ").replace("-", " ").strip()
        return (words[:1].upper() + words[1:]).replace("Cpu", "CPU").replace("Qos", "QoS") or "Other"


def grouped(results: Results) -> list[Group]:
    """Groups the cases by feature, features and cases in the order of their first entry.

    When an id stands twice for a cluster (a rerun), the worse verdict is shown: a flake is not hidden.
    """
    groups: dict[str, Group] = {}
    rows: dict[str, Row] = {}
    for case in results.cases:
        row = rows.get(case.id)
        if row is None:
            row = rows[case.id] = Row(number=0, id=case.id, first=case)
            groups.setdefault(case.feature, Group(case.feature)).rows.append(row)
        known = row.by_cluster.get(case.cluster)
        if known is None or rank(case.verdict) < rank(known.verdict):
            row.by_cluster[case.cluster] = case
    number = 0
    for group in groups.values():
        for row in group.rows:
            number += 1
            row.number = number
    return list(groups.values())
