"""The chain as people read it in a failure: the layers side by side, what was expected of each, and when it came."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from resize.podlevel import requests_of, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resize.cgroup import CgroupReading
    from resize.chain import Chain, ExpectedChain, Mismatch
    from resize.resources import Resources
    from resize.timeline import Mark

WIDTH = 132


def account(
    headline: str,
    chain: Chain,
    expected: ExpectedChain | None,
    mismatches: Sequence[Mismatch],
    marks: Sequence[Mark],
) -> str:
    """A failure's whole message.

    Args:
        headline: One sentence: what was waited for, and for how long.
        chain: The last reading.
        expected: What it should have been; None where only one layer was looked at.
        mismatches: The layers that differ.
        marks: What happened since the request, for the history below the table.
    """
    console = Console(file=io.StringIO(), width=WIDTH, highlight=False, color_system=None)
    # Soft wrap: a text that is cut into lines can't be searched for, by people or by known_issues.toml.
    console.print(headline, markup=False, soft_wrap=True)
    console.print(_table(chain, expected))
    for mismatch in mismatches:
        console.print(
            f"  {mismatch.layer}: {mismatch.actual}; expected {mismatch.expected}", markup=False, soft_wrap=True
        )
    if marks:
        console.print("What happened (seconds since the request):", markup=False)
        for mark in marks:
            console.print(f"  {mark.at_s:8.3f}  {mark.kind:<12}  {mark.text}", markup=False, soft_wrap=True)
    file = console.file
    assert isinstance(file, io.StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def _table(chain: Chain, expected: ExpectedChain | None) -> Table:
    table = Table(title=f"The chain {chain.at_s:.2f} s after the request", title_justify="left")
    table.add_column("layer")
    table.add_column("says")
    table.add_column("expected")
    of_interest = expected is not None and (expected.pod_spec is not None or expected.pod_status)
    if chain.pod.pod_level.spec is not None or of_interest:
        _pod_level_rows(table, chain, expected)
    for container in chain.pod.all_containers:
        name = container.name
        wanted = expected.spec[name].describe() if expected else ""
        actual = expected.actual[name].describe() if expected else ""
        requests = expected.requests(name).describe() if expected else ""
        table.add_row(f"spec of {name}", container.spec.describe(), wanted)
        allocated = container.allocated.describe() if container.allocated else "-"
        table.add_row("allocatedResources", allocated, requests)
        table.add_row("status.resources", container.status.describe() if container.status else "-", actual)
        table.add_row("container cgroup", _cgroup(chain, chain.container_cgroups.get(name)), actual)
        table.add_row("restarts, state", f"{container.restart_count}, {container.state} {container.reason}".strip(), "")
    table.add_row("pod cgroup", _cgroup(chain, chain.pod_cgroup), expected.pod_source if expected else "")
    table.add_row("resize state", str(chain.pod.resize), "none" if expected and expected.settled else "")
    table.add_row("generation, observed", f"{chain.pod.generation}, {chain.pod.observed_generation}", "")
    return table


def _pod_level_rows(table: Table, chain: Chain, expected: ExpectedChain | None) -> None:
    level = chain.pod.pod_level
    total = expected.pod_total(chain.pod) if expected else None
    wanted = _describe(expected.pod_spec) if expected else ""
    table.add_row("spec of the pod", _describe(level.spec), wanted)
    table.add_row("allocatedResources", _describe(level.allocated), requests_of(total).describe() if total else "")
    # Not compared unless a case is about it, so nothing is expected.
    told = shown(total).describe() if total and expected and expected.pod_status else ""
    table.add_row("status.resources", _describe(level.status), told)


def _describe(resources: Resources | None) -> str:
    return resources.describe() if resources else "-"


def _cgroup(chain: Chain, reading: CgroupReading | None) -> str:
    if not chain.node_access:
        return "not applicable (no node access)"
    return reading.describe() if reading else "gone"
