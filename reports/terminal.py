"""The verdict table that ends a run in the terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group as Renderables
from rich.table import Table
from rich.text import Text

from reports.matrix import grouped
from reports.verdicts import LOOKS, cluster_label, counted, sentence

if TYPE_CHECKING:
    from rich.console import RenderableType

    from reports.model import Case, Results


def verdict_table(results: Results) -> RenderableType:
    """Makes the table of case by cluster, grouped by feature, with the counts beneath and one sentence a cluster.

    A case is named by its title. Why it differs stands in the report: the table is to be taken in at once.
    """
    table = Table(show_edge=False, pad_edge=False, header_style="bold", show_footer=True)
    table.add_column("Case", ratio=1, footer=Text("verdicts"))
    for cluster in results.clusters:
        counts = Counter(case.verdict for case in results.cases if case.cluster == cluster.name)
        footer = Text("\n").join(
            Text(f"{look.symbol} {counted(verdict, counts[verdict])}", style=look.style)
            for verdict, look in LOOKS.items()
            if counts[verdict]
        )
        table.add_column(Text(f"{cluster_label(cluster)}\n{cluster.name}"), no_wrap=True, footer=footer or Text("none"))
    groups = grouped(results)
    for index, group in enumerate(groups):
        table.add_row(Text(group.title, style="bold"), *("" for _ in results.clusters))
        for row in group.rows:
            table.add_row(Text(f"  {row.first.title}"), *(_cell(case) for _, case in row.cells(results.clusters)))
        if index == len(groups) - 1:
            table.add_section()
    sentences = [Text(sentence(cluster, results.cases)) for cluster in results.clusters]
    errors = [
        Text(f"{cluster_label(cluster)} ({cluster.name}): {cluster.error}", style=LOOKS_ERROR)
        for cluster in results.clusters
        if cluster.error
    ]
    return Renderables(table, Text(), *sentences, *errors)


#: A cluster that failed is shown as a broken environment is.
LOOKS_ERROR = "magenta"


def _cell(case: Case | None) -> Text:
    if case is None:
        return Text("not run", style="dim")
    look = LOOKS[case.verdict]
    return Text(f"{look.symbol} {look.word}", style=look.style)
