"""What differs between the platforms of one version, for the end of a run in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from reports.differences import compare, heading, note
from reports.platforms import short_label
from reports.verdicts import LOOKS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from reports.differences import Apart, Comparison, OneCase
    from reports.model import Cluster, Results


def differences(results: Results) -> list[RenderableType]:
    """Makes one block a version: every difference by name, and what could not be compared as counts.

    Empty where no version ran on more than one platform.
    """
    comparisons = compare(results)
    if not comparisons:
        return []
    lines: list[RenderableType] = [Text(), Text(heading(comparisons), style="bold")]
    if warning := note(comparisons):
        lines.append(Text(warning, style="dim"))
    for comparison in comparisons:
        lines += _block(comparison)
    return lines


def _block(comparison: Comparison) -> list[RenderableType]:
    names = " and ".join(short_label(cluster) for cluster in comparison.clusters)
    lines: list[RenderableType] = [Text(f"{comparison.kube_version}, {names}: {comparison.summary}")]
    for case in comparison.verdicts:
        lines += _verdicts(case, comparison.clusters)
    for case in comparison.values:
        lines += _values(case, comparison.clusters)
    lines += [_indented(_apart(part), 2) for part in comparison.apart]
    return lines


def _verdicts(found: OneCase, clusters: list[Cluster]) -> list[RenderableType]:
    lines: list[RenderableType] = [_indented(Text(found.row.first.title), 2)]
    for cluster in clusters:
        if case := found.cases.get(cluster.name):
            look = LOOKS[case.verdict]
            text = Text.assemble(f"{short_label(cluster)}: ", (f"{look.symbol} {look.word}", look.style))
            lines.append(_indented(text.append(f": {case.reason}" if case.reason else ""), 4))
    return lines


def _values(found: OneCase, clusters: list[Cluster]) -> list[RenderableType]:
    lines: list[RenderableType] = [_indented(Text(found.row.first.title), 2)]
    for difference in found.differences:
        texts = [
            f"{short_label(cluster)} {difference.texts[cluster.name]}"
            + (f" (slower: {difference.times} as long)" if difference.slower == cluster.name else "")
            for cluster in clusters
            if cluster.name in difference.texts
        ]
        lines.append(_indented(Text(f"{difference.name}: {', '.join(texts)}"), 4))
    return lines


def _apart(part: Apart) -> Text:
    word = LOOKS[part.verdict].word if part.verdict else "not run"
    count = len(part.rows)
    reason = f": {part.reason}" if part.reason else ""
    return Text(f"{word} on {short_label(part.cluster)}, {count} case{'' if count == 1 else 's'}{reason}", style="dim")


def _indented(text: Text, columns: int) -> Padding:
    return Padding(text, (0, 0, 0, columns))
