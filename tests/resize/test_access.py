from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import pytest

from clusters.api import ApiError
from resize import requests
from resize.access import assert_decided, assert_not_taken, covers_resizes, policy
from resize.observer import ConformanceError
from resize.pod import ResizablePod
from resize.waking import WOKEN
from tests.clusters.api_server import error_status
from tests.resize.observed_pod import NEW, ObservedPod
from tests.resize.pod_objects import pod_object

if TYPE_CHECKING:
    from collections.abc import Iterator

FORBIDDEN = (
    'pods "idle" is forbidden: User "x" cannot patch resource "pods/resize" in API group "" in the namespace "y"'
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ResizablePod.unchanged.__kwdefaults__ is not None
    monkeypatch.setitem(ResizablePod.unchanged.__kwdefaults__, "for_s", 0.05)


@pytest.fixture
def observed() -> Iterator[ObservedPod]:
    made = ObservedPod("1.37")
    made.run()
    yield made
    made.close()


def refusal(status: int, text: str) -> ApiError:
    return ApiError(status, error_status(status, "Forbidden", text, []))


@pytest.mark.parametrize(
    ("version", "resource", "covered"),
    [
        ("1.31", "pods", True),
        ("1.31", "pods/resize", False),
        ("1.31", "*/resize", False),
        ("1.31", "*", True),
        ("1.31", "pods/*", True),
        ("1.32", "pods", False),
        ("1.32", "pods/resize", True),
        ("1.37", "*/resize", True),
        ("1.37", "*", True),
        ("1.37", "pods/*", True),
    ],
)
def test_what_a_rule_is_about(version: str, resource: str, covered: bool) -> None:
    one = ObservedPod(version)
    assert covers_resizes(one.pod, [resource]) is covered
    one.close()


def test_a_policy_covers_what_it_is_known_by() -> None:
    (rule,) = policy("policy", ["pods"])["spec"]["matchConstraints"]["resourceRules"]
    assert rule["resources"] == ["configmaps", "pods"]


def test_a_refusal_where_a_resize_should_be_done(observed: ObservedPod) -> None:
    observed.api.refusals.append(refusal(403, FORBIDDEN))
    submitted = observed.pod.submit({"stress": NEW.to_json()})
    right = observed.pod.behaviour.requests.forbidden
    with pytest.raises(ConformanceError, match="expected that it is done"):
        assert_decided(observed.pod, submitted, granted=True, message=right, http_code=403)
    assert_decided(observed.pod, submitted, granted=False, message=right, http_code=403)


@pytest.mark.parametrize("answer", [None, refusal(403, "no"), refusal(500, FORBIDDEN)])
def test_a_request_that_must_not_be_taken(answer: ApiError | None) -> None:
    def ask() -> None:
        if answer is not None:
            raise answer

    with pytest.raises(ConformanceError, match=r"The API said: .*; expected HTTP 403"):
        assert_not_taken(ask, message=re.compile("cannot patch"), http_code=403)


def test_more_than_resources_changed(observed: ObservedPod, monkeypatch: pytest.MonkeyPatch) -> None:
    document = pod_object(NEW)
    answers: list[dict[str, Any]] = []
    monkeypatch.setattr(observed.api, "get", lambda _path: answers.pop(0))
    resized, woken, labelled = (copy.deepcopy(document) for _ in range(3))
    resized["spec"]["containers"][0]["resources"] = {}
    woken["metadata"]["annotations"] = {WOKEN: "1"}
    labelled["metadata"]["labels"] = {"smuggled": "in"}
    answers[:] = [document, resized, woken, labelled]

    before = requests.shape(observed.pod)

    requests.assert_same_shape(observed.pod, before)
    requests.assert_same_shape(observed.pod, before)
    with pytest.raises(ConformanceError, match=r"metadata.labels is \{'smuggled': 'in'\}, was"):
        requests.assert_same_shape(observed.pod, before)
