from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clusters.api import ApiError
from resize import pod as pod_module
from resize.changes import resize_and_settle, restarts_of_policy, takes_memory_back, there_and_back
from resize.observer import ConformanceError
from resize.pod import ResizablePod
from resize.policies import POLICIES
from resize.resources import Resources
from tests.clusters.api_server import error_status
from tests.resize.observed_pod import NEW, OLD, ObservedPod
from tests.resize.pod_objects import SECOND_ID, pod_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: What 1.33.6 answers.
NO_DECREASE = ApiError(
    422,
    error_status(
        422,
        "Invalid",
        "spec.containers[0].resources.limits: Forbidden: "
        "memory limits cannot be decreased unless resizePolicy is RestartContainer",
    ),
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_module, "STABLE_S", 0.02)
    monkeypatch.setitem(ResizablePod.unchanged.__kwdefaults__ or {}, "for_s", 0.05)


@pytest.fixture
def observe() -> Iterator[Callable[..., ObservedPod]]:
    made: list[ObservedPod] = []

    def observed(version: str, policy: str = "no-restart") -> ObservedPod:
        made.append(ObservedPod(version))
        made[-1].run()
        made[-1].show(with_policy(pod_object(OLD), policy))
        return made[-1]

    yield observed
    for one in made:
        one.close()


def with_policy(document: dict[str, Any], policy: str) -> dict[str, Any]:
    document["spec"]["containers"][0]["resizePolicy"] = [
        {"resourceName": name, "restartPolicy": value} for name, value in POLICIES[policy].items()
    ]
    return document


REQUEST = OLD.with_changes(memory_request_bytes=2**20)


@pytest.mark.parametrize(
    ("policy", "wanted", "restarts"),
    [
        ("no-restart", NEW, 0),
        ("cpu-restart", OLD.with_cpu("200m"), 1),
        ("cpu-restart", OLD.with_changes(cpu_limit_milli=200), 1),
        ("cpu-restart", OLD.with_memory("128Mi"), 0),
        ("mem-restart", OLD.with_memory("128Mi"), 1),
        ("mem-restart", REQUEST, 1),
        ("mem-restart", OLD.with_cpu("200m"), 0),
        ("cpu-mem-restart", NEW, 1),
        ("cpu-mem-restart", OLD, 0),
    ],
)
def test_restarts_of_the_policy(
    observe: Callable[..., ObservedPod], policy: str, wanted: Resources, restarts: int
) -> None:
    assert restarts_of_policy(observe("1.37", policy).pod, {"stress": wanted}) == {"stress": restarts}


def test_memory_request_alone_restarts_nothing_before_1_33(observe: Callable[..., ObservedPod]) -> None:
    assert restarts_of_policy(observe("1.32", "mem-restart").pod, {"stress": REQUEST}) == {"stress": 0}


@pytest.mark.parametrize(
    ("policy", "wanted", "taken_back"),
    [
        ("no-restart", OLD.with_memory("32Mi"), True),
        ("cpu-restart", OLD.with_memory("32Mi"), True),
        ("mem-restart", OLD.with_memory("32Mi"), False),
        ("no-restart", NEW, False),
        ("no-restart", OLD.with_cpu("50m"), False),
    ],
)
def test_memory_that_is_taken_back(
    observe: Callable[..., ObservedPod], policy: str, wanted: Resources, *, taken_back: bool
) -> None:
    assert takes_memory_back(observe("1.33", policy).pod, {"stress": wanted}) is taken_back


def test_first_limit_counts_as_taken_back(observe: Callable[..., ObservedPod]) -> None:
    observed = observe("1.33")
    observed.pod.wanted["stress"] = Resources.of(memory_request="64Mi")
    assert takes_memory_back(observed.pod, {"stress": OLD})


def test_there_and_back(observe: Callable[..., ObservedPod]) -> None:
    observed = observe("1.37")
    observed.soon(lambda: observed.grant(NEW), 0.05)
    observed.soon(lambda: observed.grant(OLD), 0.3)
    there_and_back(observed.pod, {"stress": NEW})
    assert [patch[1]["spec"]["containers"][0]["resources"] for patch in observed.api.patches] == [
        NEW.to_json(),
        OLD.to_json(),
    ]


def test_decrease_that_the_version_refuses(observe: Callable[..., ObservedPod]) -> None:
    observed = observe("1.33")
    observed.api.refusals.append(NO_DECREASE)
    assert not resize_and_settle(observed.pod, {"stress": OLD.with_memory("32Mi")})
    with pytest.raises(ConformanceError, match="The API accepted the resize; expected HTTP 422"):
        resize_and_settle(observed.pod, {"stress": OLD.with_memory("32Mi")})


def test_restart_that_the_policy_does_not_want(observe: Callable[..., ObservedPod]) -> None:
    observed = observe("1.37")
    observed.soon(lambda: observed.grant(NEW, container_id=SECOND_ID, restarts=1))
    with pytest.raises(ConformanceError, match="container stress was restarted 1 times"):
        resize_and_settle(observed.pod, {"stress": NEW})
