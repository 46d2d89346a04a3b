"""The page's tables that compare clusters: measurements, versions, facts and the phases of their start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.figures import figures
from reports.platforms import platform_label
from reports.units import seconds_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reports.matrix import Group
    from reports.model import Cluster


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: a heading, a smaller line beneath it, and one text a cluster (empty where there is none)."""

    heading: str
    detail: str
    cells: list[str]
    number: int = 0


def measurement_lines(groups: list[Group], clusters: list[Cluster]) -> list[Line]:
    """One row for each figure of each case, so that the clusters stand side by side."""
    lines = []
    for group in groups:
        for row in group.rows:
            by_cluster = {name: {f.name: f for f in figures(case)} for name, case in row.by_cluster.items()}
            names = dict.fromkeys(name for named in by_cluster.values() for name in named)
            for name in names:
                found = [by_cluster.get(cluster.name, {}).get(name) for cluster in clusters]
                expected = list(dict.fromkeys(figure.expected for figure in found if figure and figure.expected))
                detail = row.first.title + (f" (expected: {'; '.join(expected)})" if expected else "")
                lines.append(Line(name, detail, [figure.value if figure else "" for figure in found], row.number))
    return lines


def cluster_lines(clusters: list[Cluster]) -> list[tuple[str, list[Line]]]:
    """The tables about the clusters, each with its heading; tables without a row are left out."""
    basics = [
        Line("Name", "", [cluster.name for cluster in clusters]),
        Line("Provider", "", [cluster.provider for cluster in clusters]),
        Line("Platform", "", [platform_label(cluster) for cluster in clusters]),
    ]
    tables = [
        ("Components", basics + _lines(clusters, lambda cluster: cluster.components)),
        ("Facts about the node", _lines(clusters, lambda cluster: cluster.facts)),
        (
            "Feature gates",
            _lines(clusters, lambda cluster: {k: "on" if v else "off" for k, v in cluster.feature_gates.items()}),
        ),
        (
            "Start by phase",
            _lines(clusters, lambda cluster: {k: seconds_text(v) for k, v in cluster.phases_s.items()}),
        ),
    ]
    return [(heading, lines) for heading, lines in tables if lines]


def _lines(clusters: list[Cluster], of: Callable[[Cluster], Mapping[str, str]]) -> list[Line]:
    names = dict.fromkeys(name for cluster in clusters for name in of(cluster))
    return [Line(name, "", [of(cluster).get(name, "") for cluster in clusters]) for name in names]
