"""Puts ``report.html`` together from the results and the evidence files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.differences import compare, heading, note
from reports.figures import figures
from reports.html.evidence import read_evidence
from reports.html.marks import numbered
from reports.html.panels import panels_of, value_rows
from reports.html.rules import catalogue
from reports.html.tables import cluster_lines, measurement_lines
from reports.html.timeline_svg import timeline_svgs
from reports.matrix import Group, Row, grouped
from reports.platforms import cluster_label, ordered, platform_label, short_label, version_text
from reports.redact import redact
from reports.text import xml_text
from reports.units import seconds_text
from reports.verdicts import DIFFERING, LOOKS, rank, sentence

if TYPE_CHECKING:
    from reports.model import Case, Cluster, Results

_TEMPLATES = Path(__file__).with_name("templates")


def report_html(results: Results, directory: Path) -> str:
    """Renders the page.

    Args:
        results: What the run found.
        directory: The run's folder, which evidence paths are relative to.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"seconds": seconds_text, "moment": _moment, "redact": _shown}
    groups, clusters, comparisons = grouped(results), ordered(results.clusters), compare(results)
    styles = "\n".join((_TEMPLATES / name).read_text("utf-8") for name in ("page.css", "timeline.css"))
    return environment.get_template("report.html.j2").render(
        run=results.run,
        clusters=clusters,
        sentences=[(cluster, sentence(cluster, results.cases)) for cluster in clusters],
        label=cluster_label,
        platform=_platform,
        version=version_text,
        short=short_label,
        place=clusters.index,
        looks=LOOKS,
        styles=styles,
        groups=groups,
        differing=_differing(groups, clusters),
        comparisons=comparisons,
        comparisons_heading=heading(comparisons),
        comparisons_note=note(comparisons),
        measurements=measurement_lines(groups, clusters),
        cluster_tables=cluster_lines(clusters),
        rules=catalogue(groups, clusters),
        figures=figures,
        resizes=_resizes,
        evidence=lambda case: [read_evidence(entry, directory) for entry in case.evidence],
        opened=lambda case: case.verdict in DIFFERING,
    )


def _differing(groups: list[Group], clusters: list[Cluster]) -> list[tuple[Row, Cluster, Case]]:
    """What differs, the worst first, else in the matrix's order."""
    found = [
        (row, cluster, case)
        for group in groups
        for row in group.rows
        for cluster, case in row.cells(clusters)
        if case is not None and case.verdict in DIFFERING
    ]
    return sorted(found, key=lambda entry: rank(entry[2].verdict))


def _resizes(case: Case, anchor: str) -> list[dict[str, Any]]:
    """What the template shows of each timeline of a case."""
    return [
        {
            "timeline": timeline,
            "picture": timeline_svgs(timeline, name=f"{anchor}-t{index}"),
            "unchanged": panels_of(timeline)[1],
            "marks": numbered(timeline),
            "rows": value_rows(timeline),
        }
        for index, timeline in enumerate(case.timeline, start=1)
    ]


def _shown(text: str) -> str:
    """Text as the page shows it: secrets masked, and no characters that a browser or a printer chokes on."""
    return xml_text(redact(text))


def _platform(cluster: Cluster) -> str:
    """The platform's label, which may be broken after a comma only."""
    return platform_label(cluster).replace("cgroup ", "cgroup\N{NO-BREAK SPACE}")


def _moment(text: str) -> str:
    """An ISO 8601 moment in UTC for a reader, such as ``2026-11-23 04:19:40 UTC``."""
    return f"{text[:10]} {text[11:19]} UTC" if len(text) >= 19 else text
