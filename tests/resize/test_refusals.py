from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusters.api import ApiError
from resize.observer import ConformanceError
from resize.pod import ResizablePod
from resize.refusals import assert_immutable, assert_removal_answer
from resize.sent import Submitted
from tests.clusters.api_server import error_status
from tests.resize.observed_pod import NEW, ObservedPod

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ResizablePod.unchanged.__kwdefaults__ or {}, "for_s", 0.05)


def asked(observed: ObservedPod, refusal: str = "") -> Submitted:
    """A request that changes no resources, and the API's answer."""
    if refusal:
        observed.api.refusals.append(ApiError(422, error_status(422, "Invalid", refusal)))
    return observed.pod.request(observed.pod.wanted, lambda: observed.api.patch("/pods/idle/resize", {}))


@pytest.mark.parametrize(
    ("version", "refusal"),
    [
        ("1.31", "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`"),
        ("1.32", ""),
        ("1.33", "spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize"),
    ],
)
def test_names_of_containers_by_version(observe: Callable[[str], ObservedPod], version: str, refusal: str) -> None:
    observed = observe(version)
    assert_immutable(observed.pod, asked(observed, refusal), observed.pod.behaviour.immutable.container_names)


@pytest.mark.parametrize(("version", "refusal"), [("1.32", "no"), ("1.33", ""), ("1.33", "no")])
def test_other_answers_to_new_names(observe: Callable[[str], ObservedPod], version: str, refusal: str) -> None:
    observed = observe(version)
    with pytest.raises(ConformanceError, match=r"The API (refused|accepted)"):
        assert_immutable(observed.pod, asked(observed, refusal), observed.pod.behaviour.immutable.container_names)


def test_edit_that_is_applied_though_it_should_be_left_out(observe: Callable[[str], ObservedPod]) -> None:
    observed = observe("1.32")
    submitted = asked(observed)
    observed.grant(NEW)
    with pytest.raises(ConformanceError, match="pod idle unchanged: can't come true any more"):
        assert_immutable(observed.pod, submitted, None)


@pytest.mark.parametrize(
    ("version", "qos_changes", "refusal"),
    [
        ("1.32", False, "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"),
        ("1.32", True, "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"),
        ("1.31", True, 'metadata: Invalid value: "Guaranteed": Pod QoS is immutable'),
        ("1.31", False, ""),
    ],
)
def test_limits_that_are_removed(
    observe: Callable[[str], ObservedPod], version: str, qos_changes: bool, refusal: str
) -> None:
    observed = observe(version)
    assert_removal_answer(observed.pod, asked(observed, refusal), removed="limits", qos_changes=qos_changes)


@pytest.mark.parametrize(
    ("version", "qos_changes", "refusal"), [("1.32", False, ""), ("1.31", True, ""), ("1.31", False, "no")]
)
def test_other_answers_to_a_removal(
    observe: Callable[[str], ObservedPod], version: str, qos_changes: bool, refusal: str
) -> None:
    observed = observe(version)
    with pytest.raises(ConformanceError, match=r"The API (refused|accepted)"):
        assert_removal_answer(observed.pod, asked(observed, refusal), removed="requests", qos_changes=qos_changes)
