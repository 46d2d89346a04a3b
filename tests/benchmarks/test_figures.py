from __future__ import annotations

import json

import pytest

from benchmarks.figures import Spread, comparison, flaky, over_floor, per_step, raw
from benchmarks.floor import Floor, summed
from benchmarks.outcome import Outcome
from benchmarks.process import Ended


def ended(wall_s: float) -> Ended:
    return Ended(0, wall_s, 1.0, 2.0)


THEIRS = [
    Outcome(ended(42.0), {"a": 20.0, "b": 20.0}, {"a": "no"}, 80),
    Outcome(ended(44.0), {"a": 21.0, "b": 21.0}, {}, 84),
]
OURS = [
    Outcome(ended(4.0), {"a": 1.0, "b": 2.0}, {}, 20),
    Outcome(ended(5.5), {"a": 2.0, "b": 2.0}, {"b": "no"}, 20),
]
FLOORS = [
    Floor({"start": 1.5, "resize": 0.5}, {"start": 2, "resize": 4}),
    Floor({"start": 2.0, "resize": 0.5}, {"start": 2, "resize": 4}),
]


def test_a_spread_tells_median_and_ends() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(1.0, 2.0, 3.0)
    assert Spread.of([3.0, 1.0]).text(" s") == "2.0 s (1.0 to 3.0)"


def test_ratios_are_those_of_neighbouring_rounds() -> None:
    rows = {row.name: row for row in comparison(THEIRS, OURS)}
    assert rows["wall time"].ratio == Spread.of([42 / 4, 44 / 5.5]).text()
    assert rows["of that in cases"].ours == "3.5 s (3.0 to 4.0)"
    assert rows["one case"].theirs == "20.5 s (20.0 to 21.0)"
    assert rows["API requests a case"].ratio == "4.1 (4.0 to 4.2)"
    assert (rows["flaky cases"].theirs, rows["flaky cases"].ours) == ("1", "1")


def test_what_always_fails_is_not_flaky() -> None:
    failing = Outcome(ended(1.0), {"a": 1.0}, {"a": "no"})
    assert flaky([failing, failing]) == {}
    assert flaky([failing, OURS[0]]) == {"a": 1}


def test_every_figure_is_kept() -> None:
    document = json.loads(json.dumps(raw(THEIRS, OURS, FLOORS)))
    assert document["ours"][1]["failures"] == {"b": "no"}
    assert document["floor"][0]["steps"] == {"start": 2, "resize": 4}


def test_a_floor_of_laps_can_be_kept_too() -> None:
    floor = summed([("start", 1.0), ("start", 0.5), ("resize", 0.5)], 2, ["pod p: no end"])
    (document,) = json.loads(json.dumps(raw([], [], [floor])))["floor"]
    assert document == {
        "took_s": {"start": 1.5, "resize": 0.5},
        "steps": {"start": 2, "resize": 1},
        "at_a_time": 2,
        "done_again": ["pod p: no end"],
    }
    assert floor.least_s == 1.0


def test_the_floor_is_compared_round_by_round() -> None:
    assert over_floor(OURS, FLOORS)["wall time"] == Spread.of([4.0 / 2.0, 5.5 / 2.5])
    assert over_floor(OURS, FLOORS)["in cases"] == Spread.of([3.0 / 2.0, 4.0 / 2.5])
    assert per_step(FLOORS)["start"].median == pytest.approx(0.875)
