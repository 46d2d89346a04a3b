"""What the clusters of one Kubernetes version, which differ by platform, did differently."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from reports.behaviour import Difference, figure_differences, resize_differences
from reports.matrix import Row, grouped
from reports.model import Verdict
from reports.platforms import ordered, version_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.model import Case, Cluster, Results

#: The verdicts that say something about resizing; the others are no behaviour to compare.
JUDGED = (Verdict.CONFORMANT, Verdict.KNOWN_ISSUE, Verdict.VIOLATION)
#: A time within a reason, which is another one each time.
_TIME = re.compile(r"\d+(\.\d+)?\s?(ms|s|min)\b")


@dataclass(frozen=True, slots=True)
class OneCase:
    """A case that differs: in its verdict, or in what it saw.

    Attributes:
        row: The case.
        cases: Cluster name to its entry there, where it was judged.
        differences: What differs; empty where the verdicts, or the reasons for them, do.
    """

    row: Row
    cases: dict[str, Case]
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Apart:
    """Cases that could not be compared because a cluster has no judgement of them, and another has.

    Attributes:
        cluster: The one that has none.
        verdict: Not applicable or broken environment; None where they did not run.
        reason: Why, the same for all of them.
        rows: The cases.
    """

    cluster: Cluster
    verdict: Verdict | None
    reason: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The clusters of one version beside each other.

    Attributes:
        kube_version: Their version, such as ``1.37.2``.
        clusters: Two or more, in the columns' order.
        compared: How many cases at least two of them have judged.
        verdicts: The cases whose verdicts or reasons differ.
        values: The cases with one verdict that saw different things.
        apart: What could not be compared, and why.
    """

    kube_version: str
    clusters: list[Cluster]
    compared: int
    verdicts: list[OneCase]
    values: list[OneCase]
    apart: list[Apart]

    @property
    def summary(self) -> str:
        """One sentence, such as ``30 cases compared: 1 differs in the verdict or its reason.``."""
        parts = []
        if not self.compared:
            parts.append("No case could be compared")
        elif not self.verdicts and not self.values:
            parts.append(f"No difference in the {_cases(self.compared)} compared")
        else:
            counts = [(len(self.verdicts), "the verdict or its reason"), (len(self.values), "what was seen")]
            told = [f"{count} {'differs' if count == 1 else 'differ'} in {what}" for count, what in counts if count]
            parts.append(f"{_cases(self.compared)} compared: {', '.join(told)}")
        if count := len({row.id for apart in self.apart for row in apart.rows}):
            parts.append(f"{_cases(count)} could not be judged on every platform")
        return "; ".join(parts) + "."


def compare(results: Results) -> list[Comparison]:
    """Compares the clusters of each version that ran on more than one platform, versions in the columns' order."""
    rows = [row for group in grouped(results) for row in group.rows]
    found = []
    for version, of_version in groupby(ordered(results.clusters), key=version_text):
        clusters = list(of_version)
        if len(clusters) > 1:
            found.append(_comparison(version, clusters, rows))
    return found


def heading(comparisons: Iterable[Comparison]) -> str:
    """The section's title: by cgroup version, where that is what differs throughout."""
    by_cgroup = all(len({c.cgroup_version for c in entry.clusters}) == len(entry.clusters) for entry in comparisons)
    return "Between cgroup versions" if by_cgroup else "Between platforms"


def note(comparisons: Iterable[Comparison]) -> str:
    """A warning against a hasty conclusion, where clusters differ in more than their cgroup version; else empty."""
    for entry in comparisons:
        if len({c.node for c in entry.clusters}) > 1 and len({c.cgroup_version for c in entry.clusters}) > 1:
            return "The nodes differ in kernel as well as in cgroup version: a difference may come from either."
    return ""


def _comparison(version: str, clusters: list[Cluster], rows: list[Row]) -> Comparison:
    compared, verdicts, values = 0, [], []
    for row in rows:
        judged = {
            cluster.name: case for cluster, case in row.cells(clusters) if case is not None and case.verdict in JUDGED
        }
        if len(judged) < 2:
            continue
        compared += 1
        if len({_judgement(case) for case in judged.values()}) > 1:
            verdicts.append(OneCase(row, judged))
        elif differences := figure_differences(judged) + resize_differences(judged):
            values.append(OneCase(row, judged, differences))
    return Comparison(version, clusters, compared, verdicts, values, _apart(clusters, rows))


def _judgement(case: Case) -> tuple[str, str, str]:
    """What must be equal for two judgements to be the same."""
    # What attempts before that of a conformant case met is up to chance.
    reason = "" if case.verdict is Verdict.CONFORMANT else _TIME.sub("TIME", case.reason)
    return case.verdict, case.known_issue.id if case.known_issue else "", reason


def _apart(clusters: list[Cluster], rows: list[Row]) -> list[Apart]:
    found: dict[tuple[str, Verdict | None, str], Apart] = {}
    for row in rows:
        cells = row.cells(clusters)
        if len({case.verdict if case else None for _, case in cells}) < 2:
            continue
        for cluster, case in cells:
            if case is not None and case.verdict in JUDGED:
                continue
            verdict, reason = (case.verdict, case.reason) if case else (None, "")
            found.setdefault((cluster.name, verdict, reason), Apart(cluster, verdict, reason, [])).rows.append(row)
    return list(found.values())


def _cases(count: int) -> str:
    return f"{count} case" if count == 1 else f"{count} cases"
