from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from clusters.api import ApiError
from resize import ending, scheduling
from resize.observer import ConformanceError
from resize.resources import Resources
from tests.clusters.api_server import error_status
from tests.resize.observed_pod import NEW, ObservedPod
from tests.resize.pod_objects import pod_object

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL = Resources.guaranteed(cpu="100m", memory="64Mi")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (scheduling, "TRIED_DEADLINE_S"),
        (scheduling, "STARTED_DEADLINE_S"),
        (scheduling, "WAITS_FOR_S"),
        (ending, "COMPLETED_DEADLINE_S"),
        (ending, "QUIET_FOR_S"),
    ):
        monkeypatch.setattr(module, name, 0.1)


def pending(reason: str = "Unschedulable", node: str = "") -> dict[str, Any]:
    document = copy.deepcopy(pod_object(SMALL))
    document["spec"]["nodeName"] = node
    document["status"] = {"phase": "Pending", "conditions": [{"type": "PodScheduled", "reason": reason}]}
    return document


def over(*, phase: str = "Succeeded", state: str = "terminated", field: str = "") -> dict[str, Any]:
    document = copy.deepcopy(pod_object(NEW, SMALL, field=field))
    document["status"]["phase"] = phase
    document["status"]["containerStatuses"][0]["state"] = {state: {}}
    return document


def test_a_pod_without_room(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    observed.show(pending())
    scheduling.until_unschedulable(observed.pod)
    observed.show(pending("none", node="one"))
    with pytest.raises(ConformanceError, match=r"no room for pod idle: can't come true any more .* it is on node one"):
        scheduling.until_unschedulable(observed.pod)


def test_a_pod_that_is_never_tried(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    observed.show(pending("SchedulingGated"))
    with pytest.raises(ConformanceError, match="no room for pod idle: not within"):
        scheduling.until_unschedulable(observed.pod)


@pytest.mark.parametrize(("version", "woken"), [("1.30", True), ("1.37", False)])
def test_who_must_be_woken(observe: Callable[[str], ObservedPod], version: str, woken: bool) -> None:
    observed = observe(version)
    waking: list[bool] = []
    scheduling.until_started_after_withdrawal(observed.pod, wake=lambda: waking.append(True))
    assert bool(waking) is woken


def test_a_pod_that_is_not_started(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    observed.show(pending())
    with pytest.raises(ConformanceError, match="room for pod idle: not within"):
        scheduling.until_started(observed.pod)


def test_a_pod_that_goes_and_one_that_stays(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    with pytest.raises(ConformanceError, match="pod idle gone: not within"):
        scheduling.until_gone(observed.pod, deadline_s=0.1)
    observed.soon(lambda: observed.show(pod_object(SMALL), kind="DELETED"))
    scheduling.until_gone(observed.pod, deadline_s=5)


@pytest.mark.parametrize(
    ("version", "document", "wrong"),
    [
        ("1.37", over(), ""),
        ("1.30", over(field="Proposed"), ""),
        ("1.37", over(phase="Running"), "phase"),
        ("1.37", over(state="running"), "container"),
        ("1.37", over(field="Proposed"), "resize state"),
    ],
)
def test_a_pod_that_has_ended(
    observe: Callable[[str], ObservedPod], version: str, document: dict[str, Any], wrong: str
) -> None:
    observed = observe(version)
    submitted = observed.pod.submit({"stress": NEW.to_json()})
    observed.show(document)
    if wrong:
        with pytest.raises(ConformanceError, match=f"pod idle at rest(.|\n)*{wrong}"):
            ending.assert_ended_quietly(observed.pod, submitted, "Succeeded")
    else:
        ending.assert_ended_quietly(observed.pod, submitted, "Succeeded")


def test_a_resize_that_is_refused_after_the_end(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    observed.api.refusals.append(ApiError(422, error_status(422, "Invalid", "no", [])))
    submitted = observed.pod.submit({"stress": NEW.to_json()})
    with pytest.raises(ConformanceError, match="The resize was refused"):
        ending.assert_ended_quietly(observed.pod, submitted, "Succeeded")
