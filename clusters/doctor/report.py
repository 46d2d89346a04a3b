"""``python -m clusters doctor``: the findings on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusters.doctor.findings import TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from clusters.doctor.findings import Findings, Kind
    from clusters.requirement import Requirement

_WORD_WIDTH = 8
_COLOURS = {"ok": "green", "missing": "red", "absent": "yellow"}


def report(findings: Findings, console: Console) -> int:
    """Print a line for each requirement, a sentence for each kind of cluster, and which one a run would take.

    Returns:
        0 if at least one kind works, else 1.
    """
    kinds = [*findings.kinds, *findings.containers]
    groups = [(kind.title, kind.requirements, kind.for_this_user) for kind in kinds]
    groups.append(("all of them", findings.shared, True))
    width = max(len(requirement.name) for _, requirements, _ in groups for requirement in requirements)
    for title, requirements, for_this_user in groups:
        console.print(f"{title}", style="bold", markup=False)
        _lines(requirements, console, width, for_this_user=for_this_user)
    console.print()
    longest = max(len(kind.option) for kind in kinds)
    for kind in kinds:
        console.print(f"{kind.option:{longest + 1}} {_verdict(findings, kind)}", markup=False, soft_wrap=True)
    console.print(f"--cluster auto --node auto {_choice(findings)}", markup=False, soft_wrap=True)
    return 0 if any(not findings.missing(kind) for kind in kinds) else 1


def _lines(requirements: Sequence[Requirement], console: Console, width: int, *, for_this_user: bool) -> None:
    for requirement in requirements:
        # What a kind lacks that this user can't have is nothing that this user has to mend.
        word = "ok" if requirement.ok else "missing" if requirement.needed and for_this_user else "absent"
        console.print(f"  {word:{_WORD_WIDTH}}", style=_COLOURS[word], end="")
        console.print(f"{requirement.name:{width}}  {requirement.detail}", markup=False, soft_wrap=True)
        if requirement.remedy:
            console.print(f"{'':{_WORD_WIDTH + width + 4}}-> {requirement.remedy}", markup=False, soft_wrap=True)


def _verdict(findings: Findings, kind: Kind) -> str:
    if not kind.for_this_user:
        return "is not for this user, as it takes root."
    missing = findings.missing(kind)
    if missing:
        return f"can't run until this is mended: {_names(missing)}."
    slow = [requirement.name for requirement in kind.requirements if not requirement.ok]
    return f"can run{f'; what is absent costs it something: {_names_of(slow)}' if slow else ''}."


def _choice(findings: Findings) -> str:
    if not findings.working:
        return "finds nothing that works here."
    chosen = next((kind for kind in findings.kinds if kind.node == findings.choice), None)
    if chosen is None or findings.missing(chosen):
        other = findings.working[0].node
        return f"takes local with {TITLES[findings.choice]}, which can't run; --node {other} can."
    return f"takes local, the first provider that works here, with nodes {findings.why}."


def _names(requirements: Sequence[Requirement]) -> str:
    return _names_of([requirement.name for requirement in requirements])


def _names_of(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))
