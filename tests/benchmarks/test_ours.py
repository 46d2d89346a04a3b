from __future__ import annotations

from benchmarks.ours import outcome
from benchmarks.process import Ended


def test_a_case_that_stands_for_two_gives_each_its_share() -> None:
    cases = [
        {"ids": ["a", "b", "c"], "took_s": 2.0, "failure": None},
        {"ids": ["b"], "took_s": 1.5, "failure": "call: no"},
    ]
    found = outcome(Ended(0, 9.0, 1.0, 2.0), cases, ["a", "b"], 80.0)
    assert found.took_s == {"a": 1.0, "b": 2.5}
    assert found.failures == {"b": "call: no"}
