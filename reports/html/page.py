"""Puts ``report.html`` together from the results and the evidence files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.differences import compare, heading, note
from reports.figures import figures
from reports.html.differing import differing
from reports.html.evidence import read_evidence
from reports.html.marks import numbered
from reports.html.panels import panels_of, value_rows
from reports.html.rules import catalogue
from reports.html.tables import cluster_lines, measurement_lines
from reports.html.timeline_svg import timeline_svgs
from reports.matrix import grouped
from reports.platforms import cluster_label, ordered, platform_label, short_label, version_text
from reports.redact import redact
from reports.text import xml_text
from reports.units import seconds_text
from reports.verdicts import DIFFERING, LOOKS, sentence

if TYPE_CHECKING:
    from reports.model import Case, Cluster, Results

#: Drawings are two thirds of the page, and eleven versions with all of them made it 105 MB: with more cases than this,
#: those that conform go without.
_DRAWN = 1000
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
        differing=differing(groups, clusters),
        comparisons=comparisons,
        comparisons_heading=heading(comparisons),
        comparisons_note=note(comparisons),
        measurements=measurement_lines(groups, clusters),
        cluster_tables=cluster_lines(clusters),
        rules=catalogue(groups, clusters),
        figures=figures,
        resizes=partial(_resizes, all_drawn=len(results.cases) <= _DRAWN),
        undrawn=len(results.cases) if len(results.cases) > _DRAWN else 0,
        evidence=lambda case: [read_evidence(entry, directory) for entry in case.evidence],
        opened=lambda case: case.verdict in DIFFERING,
    )


def _resizes(case: Case, anchor: str, *, all_drawn: bool) -> list[dict[str, Any]]:
    """What the template shows of each timeline of a case."""
    drawn = all_drawn or case.verdict in DIFFERING
    return [
        {
            "timeline": timeline,
            "drawn": drawn,
            "picture": timeline_svgs(timeline, name=f"{anchor}-t{index}") if drawn else "",
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
