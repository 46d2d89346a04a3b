from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from resize.chain import Chain, ExpectedChain, Mismatch
from resize.podview import PodView, ResizeState
from resize.resources import Resources
from resize.stops import first_of, left_behind
from tests.resize.readings import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resize.cgroup import CgroupReading

STALE, FRESH = (
    reading(Resources.guaranteed(cpu="1", memory="64Mi")),
    reading(Resources.guaranteed(cpu="1", memory="56Mi")),
)
STARTED, FAILED, DONE = "ResizeStarted", "ResizeError", "ResizeCompleted"


def _told(
    *events: tuple[str, int],
    layers: Sequence[str] = ("pod cgroup",),
    field: str = "",
    now: CgroupReading | None = STALE,
) -> str | None:
    wrong = [Mismatch(layer, "64Mi", "56Mi") for layer in layers]
    expected = SimpleNamespace(
        mismatches=lambda _: wrong, cgroup_mismatches=lambda chain: [] if chain.pod_cgroup is FRESH else wrong
    )
    pod = cast("PodView", SimpleNamespace(generation=2, resize=ResizeState(field, None, None)))
    chain = Chain(at_s=1.0, pod=pod, container_cgroups={}, pod_cgroup=STALE)
    told = [{"reason": reason, "message": f'{{"generation":{generation}}}'} for reason, generation in events]
    return left_behind(cast("ExpectedChain", expected), lambda: told, lambda: now)(chain)


def test_an_error_and_then_done_ends_the_wait_for_the_pods_cgroup() -> None:
    assert "left the pod's cgroup as it was" in str(_told((STARTED, 2), (FAILED, 2), (DONE, 2)))


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([(STARTED, 2), (DONE, 2)], id="no error"),
        pytest.param([(DONE, 2), (FAILED, 2)], id="done was told too early"),
        pytest.param([(FAILED, 1), (DONE, 1), (STARTED, 2)], id="of the resize before"),
    ],
)
def test_other_events_end_nothing(events: list[tuple[str, int]]) -> None:
    assert _told(*events) is None


def test_nor_does_a_wait_for_more_than_that() -> None:
    assert _told((FAILED, 2), (DONE, 2), layers=["pod cgroup", "status.resources of stress"]) is None
    assert _told((FAILED, 2), (DONE, 2), field="InProgress") is None


def test_a_cgroup_that_was_read_before_the_node_wrote_it_ends_nothing() -> None:
    assert _told((FAILED, 2), (DONE, 2), now=FRESH) is None
    assert _told((FAILED, 2), (DONE, 2), now=None) is None


def test_the_first_reason_counts() -> None:
    chain = cast("Chain", SimpleNamespace())
    assert first_of(lambda _: None, lambda _: "one", lambda _: "two")(chain) == "one"
    assert first_of(lambda _: None)(chain) is None
