from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clusters.api import ApiError
from resize import answers
from resize.observer import ConformanceError
from resize.pod import ResizablePod
from resize.sent import Submitted
from tests.clusters.api_server import error_status
from tests.resize.observed_pod import NEW, OLD, ObservedPod
from tests.resize.pod_objects import condition, pod_object

if TYPE_CHECKING:
    from collections.abc import Callable

TOO_MUCH = "Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000"
NO_ROOM = "Node didn't have enough resource: cpu, requested: 1200, used: 1200, capacity: 2000"
NODE_CAPACITY = {"reason": "NodeCapacity", "message": "cpu", "field": "spec.containers[0].resources.requests[cpu]"}
#: What 1.37.2 answered to one CPU more than its node has.
FORBIDDEN = (
    'pods "idle" is forbidden: node didn\'t have enough allocatable resources: cpu, requested: 3000, allocatable: 2000'
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "HOLDS_FOR_S", 0.05)
    monkeypatch.setattr(answers, "ANSWER_DEADLINE_S", 0.1)
    monkeypatch.setattr(answers, "NEXT_SYNC_DEADLINE_S", 0.1)
    for function, name, value in (
        (ResizablePod.unchanged, "for_s", 0.05),
        (answers.until_state, "deadline_s", 0.1),
        (answers.until_event, "deadline_s", 0.1),
    ):
        assert function.__kwdefaults__ is not None
        monkeypatch.setitem(function.__kwdefaults__, name, value)


def asked(observed: ObservedPod, error: ApiError | None = None) -> Submitted:
    if error is not None:
        observed.api.refusals.append(error)
    return observed.pod.submit({"stress": NEW.to_json()})


def refusal(status: int, message: str, cause: dict[str, str] | None = None) -> ApiError:
    return ApiError(status, error_status(status, "Forbidden", message, [cause] if cause else []))


def says(observed: ObservedPod, *conditions: dict[str, Any], field: str = "", generation: int = 1) -> None:
    """The new spec, the old values below it, and these words about it."""
    observed.show(pod_object(NEW, OLD, conditions=conditions, field=field, generation=generation))


def test_refusal_in_the_versions_words(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    right = observed.pod.behaviour.qos_change
    error = refusal(right.http_code, "spec: Invalid value: Pod QOS Class may not change as a result of resizing")
    assert right.message.search(error.message)
    answers.assert_qos_change_refused(observed.pod, asked(observed, error))


def test_refusal_that_is_none(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    with pytest.raises(ConformanceError, match="The API accepted the resize; expected HTTP 422"):
        answers.assert_qos_change_refused(observed.pod, asked(observed))


@pytest.mark.parametrize("wrong", ["status", "message", "cause"])
def test_refusal_in_other_words(observe: Callable[[str], ObservedPod], wrong: str) -> None:
    observed = observe("1.37")
    error = refusal(
        500 if wrong == "status" else 403,
        "no" if wrong == "message" else FORBIDDEN,
        None if wrong == "cause" else NODE_CAPACITY,
    )
    with pytest.raises(ConformanceError, match="The API refused the resize with: HTTP") as caught:
        answers.assert_over_capacity(observed.pod, asked(observed, error))
    assert "expected HTTP 403 with cause NodeCapacity" in str(caught.value)


def test_refused_resize_that_is_applied_all_the_same(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    submitted = asked(observed, refusal(403, FORBIDDEN, NODE_CAPACITY))
    observed.cgroups(NEW)
    with pytest.raises(ConformanceError, match="pod idle unchanged: can't come true any more"):
        answers.assert_over_capacity(observed.pod, submitted)


def test_over_capacity_forbidden(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    answers.assert_over_capacity(observed.pod, asked(observed, refusal(403, FORBIDDEN, NODE_CAPACITY)))


def test_over_capacity_infeasible_in_the_field(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.30")
    submitted = asked(observed)
    says(observed, field="Infeasible")
    answers.assert_over_capacity(observed.pod, submitted)


def test_over_capacity_infeasible_in_the_condition(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.35")
    submitted = asked(observed)
    says(observed, condition("PodResizePending", "Infeasible", TOO_MUCH))
    with pytest.raises(ConformanceError, match="events of reason ResizeInfeasible: none"):
        answers.assert_over_capacity(observed.pod, submitted)
    observed.tell("ResizeInfeasible", f'Pod resize Infeasible: {{"error":"{TOO_MUCH}"}}')
    answers.assert_over_capacity(observed.pod, submitted)


def test_over_capacity_told_otherwise(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.35")
    submitted = asked(observed)
    says(observed, condition("PodResizePending", "Deferred", TOO_MUCH))
    with pytest.raises(ConformanceError, match=r"resize state: PodResizePending Deferred .*; expected Infeasible"):
        answers.assert_over_capacity(observed.pod, submitted)
    says(observed, condition("PodResizePending", "Infeasible", "for no reason"))
    with pytest.raises(ConformanceError, match="message of the condition: for no reason; expected like"):
        answers.assert_over_capacity(observed.pod, submitted)


def test_over_capacity_that_moves_the_pod(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.30")
    submitted = asked(observed)
    says(observed, field="Infeasible")
    moved = pod_object(NEW, OLD, field="Infeasible")
    moved["spec"]["nodeName"] = "another"
    observed.soon(lambda: observed.show(moved), 0.02)
    with pytest.raises(ConformanceError, match="There is now pod 31ac1e5a on node another, phase Running; expected"):
        answers.assert_over_capacity(observed.pod, submitted)


def test_condition_of_an_older_generation_is_no_answer(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    asked(observed)
    stale = condition("PodResizePending", "Infeasible", generation=1)
    says(observed, stale, generation=2)
    with pytest.raises(ConformanceError, match="observedGeneration of the condition: 1; expected 2"):
        answers.until_state(observed.pod, "Infeasible")
    says(observed, {**stale, "observedGeneration": 2}, generation=2)
    answers.until_state(observed.pod, "Infeasible")


def test_word_on_the_resize_before_is_no_answer(observe: Callable[[str], ObservedPod]) -> None:
    """The field of 1.32 says no generation; so the spec must be the one that was asked for."""
    observed = observe("1.32")
    observed.show(pod_object(OLD, OLD, field="Infeasible"))
    asked(observed)
    with pytest.raises(ConformanceError, match="spec of stress: cpu 100m"):
        answers.until_state(observed.pod, "Infeasible")
    says(observed, field="Infeasible")
    answers.until_state(observed.pod, "Infeasible")


def test_deferred(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    right = observed.pod.behaviour.deferred
    asked(observed)
    says(observed, condition("PodResizePending", "Deferred", NO_ROOM))
    with pytest.raises(ConformanceError, match=f"events of reason {right.event}: none"):
        answers.assert_deferred(observed.pod)
    observed.tell(str(right.event), f'Pod resize OutOfcpu: {{"error":"{NO_ROOM}"}}')
    answers.assert_deferred(observed.pod)
    observed.soon(lambda: observed.cgroups(NEW), 0.02)
    with pytest.raises(ConformanceError, match="it did not hold"):
        answers.assert_deferred(observed.pod)


def test_deferred_in_the_alpha_has_no_words(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.30")
    asked(observed)
    says(observed, field="Deferred")
    answers.assert_deferred(observed.pod)


def test_shrink_held_back(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.30")
    asked(observed)
    says(observed, field="InProgress")
    answers.assert_shrink_held_back(observed.pod)
    observed.show(pod_object(NEW, OLD, field="InProgress", restarts=1))
    with pytest.raises(AssertionError, match="must go on undisturbed"):
        answers.assert_shrink_held_back(observed.pod)


def test_shrink_held_back_with_an_error(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    asked(observed)
    text = 'attempting to set container "stress" memory limit (100000000) below current usage (0)'
    says(observed, condition("PodResizeInProgress", "Error", text))
    if observed.pod.behaviour.memory_shrink.event is not None:
        observed.tell(observed.pod.behaviour.memory_shrink.event, f'Pod resize error: {{"error":"{text}"}}')
    answers.assert_shrink_held_back(observed.pod)
    observed.soon(lambda: observed.cgroups(NEW), 0.02)
    with pytest.raises(ConformanceError, match="cgroups of pod idle unchanged"):
        answers.assert_shrink_held_back(observed.pod)


def test_taken_up(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    with pytest.raises(ConformanceError, match="expected InProgress or Error"):
        answers.until_taken_up(observed.pod)
    says(observed, condition("PodResizeInProgress"))
    assert answers.until_taken_up(observed.pod).pod.resize.word == "InProgress"


@pytest.mark.parametrize("fields", [("Proposed", "InProgress"), ("Proposed", "", "InProgress")])
def test_alpha_acknowledges_by_the_field(observe: Callable[[str], ObservedPod], fields: tuple[str, ...]) -> None:
    observed = observe("1.30")
    asked(observed)
    observed.show(pod_object(NEW, OLD, field="InProgress"))
    observed.grant(NEW)
    with pytest.raises(ConformanceError, match="expected Proposed, then InProgress"):
        answers.assert_answer_shows_proposed(observed.pod, generation_before=0)
    asked(observed)
    for field in fields:
        observed.show(pod_object(NEW, OLD, field=field))
    observed.grant(NEW)
    answers.assert_answer_shows_proposed(observed.pod, generation_before=0)


def test_later_versions_acknowledge_by_the_generation(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    asked(observed)
    observed.grant(NEW, generation=2)
    answers.assert_answer_shows_proposed(observed.pod, generation_before=1)
    with pytest.raises(ConformanceError, match=r"metadata.generation is 2; expected one more than 2"):
        answers.assert_answer_shows_proposed(observed.pod, generation_before=2)
    behind = pod_object(NEW, generation=2)
    behind["status"]["observedGeneration"] = 1
    observed.show(behind)
    with pytest.raises(ConformanceError, match=r"status.observedGeneration is 1; expected 2"):
        answers.assert_answer_shows_proposed(observed.pod, generation_before=1)


def test_static_cpu_manager(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    asked(observed)
    says(observed)
    with pytest.raises(ConformanceError, match="resize state: none; expected Infeasible"):
        answers.assert_static_cpu_answer(observed.pod)
    text = 'Resize is infeasible for Guaranteed Pods alongside CPU Manager policy "static"'
    says(observed, condition("PodResizePending", "Infeasible", text))
    answers.assert_static_cpu_answer(observed.pod)


def test_static_cpu_manager_of_a_version_that_grants(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.30")
    assert observed.pod.behaviour.static_cpu_manager.refuses == "nothing"
    asked(observed)
    observed.grant(NEW)
    answers.assert_static_cpu_answer(observed.pod)


def test_events_are_those_that_the_version_has(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.37")
    observed.tell("ResizeStarted")
    with pytest.raises(ConformanceError, match="event ResizeCompleted of pod idle"):
        answers.assert_events(observed.pod, "ResizeStarted", "ResizeCompleted")
    observed.tell("ResizeCompleted")
    observed.tell("Pulled")
    answers.assert_events(observed.pod, "ResizeStarted", "ResizeCompleted")
    observed.tell("ResizeError", "what")
    with pytest.raises(ConformanceError, match="ResizeCompleted, ResizeError, ResizeStarted; expected"):
        answers.assert_events(observed.pod, "ResizeStarted", "ResizeCompleted")


def test_alpha_has_no_events(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.30")
    answers.assert_events(observed.pod, "ResizeStarted", "ResizeCompleted")
    observed.tell("ResizeStarted")
    with pytest.raises(ConformanceError, match="expected: none"):
        answers.assert_events(observed.pod, "ResizeStarted", "ResizeCompleted")
