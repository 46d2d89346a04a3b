"""What ends a run in the terminal: the verdict table, a sentence a cluster, and what differs between platforms."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group as Renderables
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports.matrix import grouped
from reports.platforms import cluster_title, ordered, short_label, version_text
from reports.terminal_platforms import differences
from reports.verdicts import LOOKS, counted, sentence

if TYPE_CHECKING:
    from rich.console import RenderableType

    from reports.model import Case, Results

#: A cluster that failed is shown as a broken environment is.
LOOKS_ERROR = "magenta"
#: With more columns than this the verdicts' words leave the cases' titles no room on 100 columns: symbols stand alone.
_MOST_WORDED = 2


def verdict_table(results: Results) -> RenderableType:
    """Makes the table of case by cluster, grouped by feature, with the counts beneath and one sentence a cluster.

    A case is named by its title. Why it differs stands in the report: the table is to be taken in at once. Where a
    version ran on several platforms, what differs between them follows.
    """
    clusters = ordered(results.clusters)
    worded = len(clusters) <= _MOST_WORDED
    table = Table(show_edge=False, pad_edge=False, header_style="bold", show_footer=True)
    table.add_column("Case", ratio=1, footer=Text("verdicts"))
    for cluster in clusters:
        counts = Counter(case.verdict for case in results.cases if case.cluster == cluster.name)
        footer = Text("\n").join(
            Text(f"{look.symbol} {counted(verdict, counts[verdict]) if worded else counts[verdict]}", style=look.style)
            for verdict, look in LOOKS.items()
            if counts[verdict]
        )
        header = Text(f"{version_text(cluster)}\n{short_label(cluster)}")
        table.add_column(header, no_wrap=True, footer=footer or Text("none"))
    groups = grouped(results)
    for index, group in enumerate(groups):
        table.add_row(Text(group.title, style="bold"), *("" for _ in clusters))
        for row in group.rows:
            table.add_row(
                Padding(Text(row.first.title), (0, 0, 0, 2)),
                *(_cell(case, worded=worded) for _, case in row.cells(clusters)),
            )
        if index == len(groups) - 1:
            table.add_section()
    legend = (
        [] if worded else [Text("  ").join(Text(f"{look.symbol} {look.word}", look.style) for look in LOOKS.values())]
    )
    sentences = [Text(sentence(cluster, results.cases)) for cluster in clusters]
    errors = [
        Text(f"{cluster_title(cluster)}: {cluster.error}", style=LOOKS_ERROR) for cluster in clusters if cluster.error
    ]
    return Renderables(table, *legend, Text(), *sentences, *errors, *differences(results))


def _cell(case: Case | None, *, worded: bool) -> Text:
    if case is None:
        return Text("not run", style="dim")
    look = LOOKS[case.verdict]
    return Text(f"{look.symbol} {look.word}" if worded else look.symbol, style=look.style)
