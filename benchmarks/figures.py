"""Figures of several rounds, and how the two sides compare."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.floor import Floor
    from benchmarks.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Spread:
    """The least, the median and the greatest of several figures."""

    least: float
    median: float
    greatest: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """The spread of at least one value."""
        found = sorted(values)
        return cls(found[0], statistics.median(found), found[-1])

    def text(self, unit: str = "", digits: int = 1) -> str:
        """Such as ``21.4 s (20.9 to 23.0)``."""
        least, median, greatest = (f"{value:.{digits}f}" for value in (self.least, self.median, self.greatest))
        return f"{median}{unit} ({least} to {greatest})"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison: both sides, and how many times as much the first is."""

    name: str
    theirs: str
    ours: str
    ratio: str = ""


def comparison(theirs: Sequence[Outcome], ours: Sequence[Outcome]) -> list[Row]:
    """The sides' rounds, in the order in which they were run, as a table."""
    each_theirs, each_ours = (
        [took_s for outcome in side for took_s in outcome.took_s.values()] for side in (theirs, ours)
    )
    medians = statistics.median(each_theirs) / statistics.median(each_ours)
    return [
        _by_round("wall time", [o.ended.wall_s for o in theirs], [o.ended.wall_s for o in ours], " s"),
        _by_round("of that in cases", [o.in_cases_s for o in theirs], [o.in_cases_s for o in ours], " s"),
        Row("one case", Spread.of(each_theirs).text(" s"), Spread.of(each_ours).text(" s"), f"{medians:.1f}"),
        _by_round("API requests a case", [_requests(o) for o in theirs], [_requests(o) for o in ours], ""),
        _by_round("CPU time of the process", [o.ended.cpu_s for o in theirs], [o.ended.cpu_s for o in ours], " s"),
        Row("load of the machine", *(Spread.of(o.ended.load for o in side).text() for side in (theirs, ours))),
        Row("flaky cases", str(len(flaky(theirs))), str(len(flaky(ours)))),
    ]


def _by_round(name: str, theirs: Sequence[float], ours: Sequence[float], unit: str) -> Row:
    """A row whose ratio is that of neighbours: a round of one side and the next one of the other had the same load."""
    ratio = Spread.of(a / b for a, b in zip(theirs, ours, strict=True))
    return Row(name, Spread.of(theirs).text(unit), Spread.of(ours).text(unit), ratio.text())


def _requests(outcome: Outcome) -> float:
    return (outcome.requests or 0) / len(outcome.took_s)


def flaky(rounds: Sequence[Outcome]) -> dict[str, int]:
    """The cases that failed in some rounds but not in all, and in how many."""
    counts = Counter(case_id for outcome in rounds for case_id in outcome.failures)
    return {case_id: count for case_id, count in counts.items() if count < len(rounds)}


def over_floor(ours: Sequence[Outcome], floors: Sequence[Floor]) -> dict[str, Spread]:
    """How many times the floor our rounds took: as a whole, and in their cases alone."""
    pairs = list(zip(ours, floors, strict=True))
    return {
        "wall time": Spread.of(outcome.ended.wall_s / floor.least_s for outcome, floor in pairs),
        "in cases": Spread.of(outcome.in_cases_s / sum(floor.took_s.values()) for outcome, floor in pairs),
    }


def per_step(floors: Sequence[Floor]) -> dict[str, Spread]:
    """Mean seconds of each kind of step, over the rounds."""
    kinds = [kind for kind, count in floors[0].steps.items() if count]
    return {kind: Spread.of(floor.took_s[kind] / floor.steps[kind] for floor in floors) for kind in kinds}


def raw(theirs: Sequence[Outcome], ours: Sequence[Outcome], floors: Sequence[Floor]) -> dict[str, Any]:
    """Every figure, for whoever wants to compute something else."""
    return {
        "e2e.test": [asdict(outcome) for outcome in theirs],
        "ours": [asdict(outcome) for outcome in ours],
        "floor": [asdict(floor) for floor in floors],
    }
