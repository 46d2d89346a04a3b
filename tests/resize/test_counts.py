from __future__ import annotations

import pytest

from resize import counts
from resize.counts import Counts
from resize.observer import ConformanceError

BEFORE = """\
# HELP requested_total Number of requested resizes.
# TYPE requested_total counter
requested_total{operation="increase",requirement="limits",resource="cpu"} 2
in_progress 0
"""
AFTER = """\
requested_total{operation="increase",requirement="limits",resource="cpu"} 3
requested_total{operation="decrease",requirement="limits",resource="cpu"} 1.0
requested_total_more{operation="increase"} 5
in_progress 1
"""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counts:
    """A component whose figures went from BEFORE to AFTER."""
    monkeypatch.setattr(counts, "DEADLINE_S", 0.05)
    texts = iter([BEFORE])
    return Counts(lambda: next(texts, AFTER))


def test_changes_are_named_by_the_labels(counted: Counts) -> None:
    assert counted.changes("requested_total") == {"increase limits cpu": 1, "decrease limits cpu": 1}
    counted.assert_changes("requested_total", {"increase limits cpu": 1, "decrease limits cpu": 1})
    counted.assert_changes("nothing_total", {})


def test_figures_are_summed_over_the_labels_that_are_not_named(counted: Counts) -> None:
    assert counted.now("requested_total") == 4
    assert counted.now("requested_total", operation="increase") == 3
    assert counted.grown("requested_total", resource="cpu") == 2
    counted.assert_grown("requested_total", 1, operation="decrease")
    counted.assert_now("in_progress", 1)


def test_what_is_not_as_expected_is_told(counted: Counts) -> None:
    with pytest.raises(
        ConformanceError, match=r"requested_total grew by \{.*\}; expected \{'decrease limits cpu': 1\}"
    ):
        counted.assert_changes("requested_total", {"decrease limits cpu": 1})
    with pytest.raises(ConformanceError, match=r"in_progress is 1; expected 0"):
        counted.assert_now("in_progress", 0)
    with pytest.raises(ConformanceError, match=r"requested_total\{'operation': 'add'\} grew by 0; expected 1"):
        counted.assert_grown("requested_total", 1, operation="add")
