"""How a verdict is shown: one symbol, one word and one order, the same in the terminal, the page and JUnit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.model import Verdict
from reports.platforms import cluster_title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.model import Case, Cluster


@dataclass(frozen=True, slots=True)
class Look:
    """How one verdict is shown.

    Attributes:
        symbol: One character, so that the verdict never rests on color alone.
        word: The verdict in plain words, for one case.
        plural: The same for two or more cases.
        meaning: One sentence for the legend.
        style: The rich style for the terminal.
    """

    symbol: str
    word: str
    plural: str
    meaning: str
    style: str


#: Worst first: the order of the "What differs" section and of the counts.
LOOKS: dict[Verdict, Look] = {
    Verdict.VIOLATION: Look(
        "✗",
        "violation",
        "violations",
        "The cluster does not do what the specification of its version says.",
        "bold red",
    ),
    Verdict.KNOWN_ISSUE: Look(
        "◆",
        "known issue",
        "known issues",
        "The cluster differs in exactly the way that a named, linked issue describes.",
        "yellow",
    ),
    Verdict.BROKEN_ENVIRONMENT: Look(
        "!",
        "broken environment",
        "broken environments",
        "The cluster or the machine failed, so the case says nothing about resizing.",
        "magenta",
    ),
    Verdict.CONFORMANT: Look(
        "✓", "conformant", "conformant", "Every observation is what the specification says.", "green"
    ),
    Verdict.API_ONLY: Look(
        "◐",
        "API only",
        "API only",
        "The API's layers are what the specification says; cgroup checks are not applicable (no node access).",
        "cyan",
    ),
    Verdict.NOT_APPLICABLE: Look(
        "\N{EN DASH}",
        "not applicable",
        "not applicable",
        "The case doesn't apply to this version, node or feature gate.",
        "dim",
    ),
}

#: What the "What differs" section lists.
DIFFERING = (Verdict.VIOLATION, Verdict.KNOWN_ISSUE, Verdict.BROKEN_ENVIRONMENT)

_RANK = {verdict: rank for rank, verdict in enumerate(LOOKS)}


def rank(verdict: Verdict) -> int:
    """The verdict's place in the order worst first: 0 is a violation."""
    return _RANK[verdict]


def counted(verdict: Verdict, count: int) -> str:
    """A count with the verdict's word, such as ``2 known issues``."""
    look = LOOKS[verdict]
    return f"{count} {look.word if count == 1 else look.plural}"


def sentence(cluster: Cluster, cases: Iterable[Case]) -> str:
    """One sentence about a cluster, such as ``Kubernetes 1.37.2, host, cgroup v1: 30 of 31 cases conform``.

    Cases that don't apply are counted apart, and neither a broken environment nor what was seen of the API alone is a
    pass.
    """
    counts = Counter(case.verdict for case in cases if case.cluster == cluster.name)
    applicable = counts.total() - counts[Verdict.NOT_APPLICABLE]
    if not counts.total():
        state = "no case ran"
    elif not applicable:
        state = "no case applies"
    else:
        noun, verb = ("case", "conforms") if applicable == 1 else ("cases", "conform")
        state = f"{counts[Verdict.CONFORMANT]} of {applicable} {noun} {verb}"
    rest = [
        counted(verdict, counts[verdict])
        for verdict in (*DIFFERING, Verdict.API_ONLY, Verdict.NOT_APPLICABLE)
        if counts[verdict] and not (verdict is Verdict.NOT_APPLICABLE and not applicable)
    ]
    if cluster.error:
        rest.append("the cluster did not come up" if not applicable else "the cluster failed")
    return f"{cluster_title(cluster)}: " + "; ".join([state, *rest])
