"""The benchmark's outcome for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from benchmarks import figures
from benchmarks.figures import Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from benchmarks.rounds import Rounds
    from benchmarks.starting import Start


def show(console: Console, rounds: Rounds, worker_peak_mib: float, starts: Sequence[Start]) -> None:
    """Print everything that was measured."""
    title = f"{len(rounds.ids)} cases, {len(rounds.ours)} rounds: median (least to greatest)"
    if rounds.theirs:
        table = Table(title=title, title_justify="left")
        for column in ("", "e2e.test", "this suite", "times as much"):
            table.add_column(column, justify="left" if not column else "right")
        for row in figures.comparison(rounds.theirs, rounds.ours):
            table.add_row(row.name, row.theirs, row.ours, row.ratio)
        console.print(table)
    else:
        console.print(title, markup=False)
        wall, cases = (Spread.of(o.ended.wall_s for o in rounds.ours), Spread.of(o.in_cases_s for o in rounds.ours))
        console.print(f"this suite: {wall.text(' s')}, in cases {cases.text(' s')}", markup=False)
    for name, side in (("e2e.test", rounds.theirs), ("this suite", rounds.ours)):
        for case_id, count in figures.flaky(side).items():
            console.print(f"flaky in {name}: {case_id} failed in {count} of {len(side)} rounds", markup=False)
    for case_id, why in rounds.left_out.items():
        console.print(f"left out: {case_id}: {why.splitlines()[0][:120]}", markup=False, soft_wrap=True)
    console.print(f"floor: {Spread.of(floor.least_s for floor in rounds.floors).text(' s')}", markup=False)
    for kind, spread in figures.per_step(rounds.floors).items():
        console.print(f"  each {kind}: {spread.text(' s', 2)}", markup=False)
    for number, floor in enumerate(rounds.floors, 1):
        for why in floor.done_again:
            console.print(f"  a case of round {number} was done again: {why}", markup=False)
    for name, spread in figures.over_floor(rounds.ours, rounds.floors).items():
        console.print(f"this suite over the floor, {name}: {spread.text(digits=2)} times", markup=False)
    console.print(f"most memory of a worker: {worker_peak_mib:.0f} MiB", markup=False)
    took, cpu = (Spread.of(values) for values in zip(*((s.ended.wall_s, s.ended.cpu_s) for s in starts), strict=True))
    told = f"{took.text(' s', 2)}, of the CPU {cpu.text(' s', 2)}"
    console.print(f"start of pytest with {starts[0].cases} cases: {told}", markup=False)
