"""The page's section on the catalogue: what each rule is on the run's versions, and what the run's cases say of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from clusters.versions import KubeVersion
from reports.matrix import Row
from resize.catalogue import CatalogueError
from resize.known_issues import KnownIssue, known_issues
from resize.rules import Period, load_rules, topic_titles

if TYPE_CHECKING:
    from reports.matrix import Group
    from reports.model import Case, Cluster
    from resize.rules import Certainty, Rule


@dataclass(frozen=True, slots=True)
class Cell:
    """What a rule is on one or more neighbouring versions.

    Attributes:
        columns: How many versions.
        text: The value in words.
        certainty: How sure it is.
        seen_on: The exact versions of these on which it was seen.
        source: Where it is known from.
        case: Which case that cites the rule has the worst verdict there, None if none ran.
        number: That case's place in the report.
    """

    columns: int
    text: str
    certainty: Certainty
    seen_on: tuple[str, ...]
    source: str
    case: Case | None
    number: int

    @property
    def certainty_text(self) -> str:
        """How sure it is, in words."""
        words: dict[Certainty, str] = {
            "observed": f"seen on {', '.join(self.seen_on)}",
            "asserted": "asserted by Kubernetes' own tests",
            "documented": "documented",
        }
        return words[self.certainty]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule's row of the table."""

    rule: Rule
    cells: list[Cell]
    issues: list[KnownIssue]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The table: one column a minor version of the run's clusters, one group of rows a topic."""

    minors: list[str]
    topics: list[tuple[str, list[RuleLine]]]


def catalogue(groups: list[Group], clusters: list[Cluster]) -> Catalogue:
    """The catalogue as far as the run's versions go; no column where no cluster's version is known.

    Nor is there one where the catalogue can't be read, which is edited while runs go on: a run's report must not be
    lost for that.
    """
    by_minor: dict[str, list[Cluster]] = {}
    for cluster in clusters:
        if minor := _minor(cluster):
            by_minor.setdefault(minor, []).append(cluster)
    minors = sorted(by_minor, key=lambda minor: KubeVersion.parse(minor).minor)
    try:
        rules, titles = load_rules(), topic_titles()
    except CatalogueError:
        return Catalogue([], [])
    rows = [row for group in groups for row in group.rows]
    lines = [_line(rule, minors, by_minor, rows) for rule in rules.values()] if minors else []
    return Catalogue(
        minors,
        [(titles.get(topic, topic), list(own)) for topic, own in groupby(lines, key=lambda line: line.rule.topic)],
    )


def _line(rule: Rule, minors: list[str], by_minor: dict[str, list[Cluster]], rows: list[Row]) -> RuleLine:
    """One rule on all columns; neighbours that are the same become one cell."""
    citing = [row for row in rows if any(rule.name in case.rules for case in row.by_cluster.values())]
    cells = [_cell(rule.at(minor), minor, by_minor[minor], citing) for minor in minors]
    merged = []
    for _, same in groupby(cells, key=lambda cell: (cell.text, cell.certainty, cell.case and cell.case.verdict)):
        first, *others = same
        seen_on = (*first.seen_on, *(version for cell in others for version in cell.seen_on))
        merged.append(replace(first, columns=1 + len(others), seen_on=seen_on))
    issues = [
        issue
        for issue in known_issues().values()
        if rule.name in issue.rules and any(issue.affects(minor) for minor in minors)
    ]
    return RuleLine(rule, merged, issues)


def _cell(period: Period, minor: str, clusters: list[Cluster], citing: list[Row]) -> Cell:
    found = [(case, row.number) for row in citing for cluster in clusters if (case := row.by_cluster.get(cluster.name))]
    worst = Row.worst([case for case, _ in found]) if found else None
    number = next((number for case, number in found if case is worst), 0)
    seen_on = tuple(version for version in period.observed if KubeVersion.parse(version).minor_text == minor)
    return Cell(1, period.text, period.certainty(minor), seen_on, period.source, worst, number)


def _minor(cluster: Cluster) -> str | None:
    """The cluster's minor version; None where it is not known."""
    try:
        return KubeVersion.parse(cluster.kube_version).minor_text
    except ValueError:
        return None
