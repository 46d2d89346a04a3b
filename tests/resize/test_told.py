"""How often events tell of a resize, what is excused, and what is not."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from resize.known_issues import known_issues
from resize.told import differences
from tests.resize.observed_pod import NEW, OLD, ObservedPod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resize.resources import Resources


@pytest.fixture
def observed() -> Iterator[ObservedPod]:
    observed = ObservedPod("1.37", NEW)
    yield observed
    observed.close()


def tell(observed: ObservedPod, reason: str, values: Resources = NEW, *, error: str = "", count: int = 1) -> None:
    containers = [{"name": "stress", "resources": values.to_json()}]
    event = {
        "metadata": {"name": f"{reason}-{values.describe()}-{error}"},
        "reason": reason,
        "message": f"Pod resize told: {json.dumps({'containers': containers, 'error': error})}",
        "count": count,
    }
    observed.observer._on_event("ADDED", event, time.monotonic())


def test_a_resize_that_is_told_of_as_it_should_be(observed: ObservedPod) -> None:
    tell(observed, "ResizeStarted")
    assert [mismatch.layer for mismatch in differences(observed.pod, ResizeStarted=1, ResizeCompleted=1)] == [
        "events ResizeCompleted"
    ]
    tell(observed, "ResizeCompleted")

    assert differences(observed.pod, ResizeStarted=1, ResizeCompleted=1) == []


def test_an_event_that_comes_again_is_one_too_many(observed: ObservedPod) -> None:
    tell(observed, "ResizeDeferred", count=2)

    (found,) = differences(observed.pod, ResizeDeferred=1)
    assert (found.layer, found.actual[:3], found.expected) == ("events ResizeDeferred", "2: ", "1")


def test_an_event_that_the_version_lacks_may_not_come() -> None:
    observed = ObservedPod("1.33", NEW)
    assert differences(observed.pod, ResizeStarted=1) == []
    tell(observed, "ResizeStarted")

    assert [mismatch.layer for mismatch in differences(observed.pod, ResizeStarted=1)] == ["events ResizeStarted"]


def test_1_32_tells_of_a_waiting_resize_with_each_sync() -> None:
    observed = ObservedPod("1.32", NEW)
    assert [mismatch.layer for mismatch in differences(observed.pod, ResizeDeferred=1)] == ["events ResizeDeferred"]
    tell(observed, "ResizeDeferred", count=3)

    assert differences(observed.pod, ResizeDeferred=1) == []


def test_an_error_comes_again_with_another_text_alone(observed: ObservedPod) -> None:
    for error in ("usage 1", "usage 2"):
        tell(observed, "ResizeError", error=error)
    assert differences(observed.pod, ResizeError=1) == []

    tell(observed, "ResizeError", error="usage 2", count=2)
    assert [mismatch.layer for mismatch in differences(observed.pod, ResizeError=1)] == ["events ResizeError"]


@pytest.mark.parametrize(("extra", "known"), [(OLD, True), (NEW, False)], ids=["older values", "the same values"])
def test_a_completion_of_older_values_is_a_known_issue(observed: ObservedPod, extra: Resources, known: bool) -> None:
    tell(observed, "ResizeStarted")
    tell(observed, "ResizeCompleted", extra)
    tell(observed, "ResizeCompleted", count=1 if known else 2)

    (found,) = differences(observed.pod, ResizeStarted=1, ResizeCompleted=1)
    assert known_issues()["KI-COMPLETED-TOO-EARLY"].explains(f"  {found.layer}: {found.actual}; expected 1") is known
