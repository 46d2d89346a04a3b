from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pytest

from clusters.api import ApiError
from resize.observer import ConformanceError
from resize.resources import Resources
from resize.sent import assert_same_by_either_path, put, put_resources
from tests.clusters.api_server import error_status
from tests.resize.observed_pod import NEW, OLD, ObservedPod
from tests.resize.pod_objects import pod_object

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def observed() -> Iterator[ObservedPod]:
    made = running("1.37")
    yield made
    made.close()


def running(version: str) -> ObservedPod:
    made = ObservedPod(version)
    made.api.lists = deque([pod_object(OLD)])
    made.run()
    return made


@pytest.mark.parametrize(("version", "path"), [("1.30", "/pods/idle"), ("1.37", "/pods/idle/resize")])
def test_pod_is_put_where_the_version_takes_resizes(version: str, path: str) -> None:
    observed = running(version)
    put(observed.pod, lambda document: document["spec"]["containers"].reverse())
    ((where, document),) = observed.api.puts
    assert where == path
    assert "resourceVersion" not in document["metadata"]
    assert observed.pod.wanted == {"stress": OLD}


@pytest.mark.parametrize("wanted", [NEW, Resources()])
def test_resources_are_put(observed: ObservedPod, wanted: Resources) -> None:
    put_resources(observed.pod, wanted)
    assert observed.api.puts[0][1]["spec"]["containers"][0]["resources"] == wanted.to_json()
    assert observed.pod.wanted == {"stress": wanted}


def test_refused_put(observed: ObservedPod) -> None:
    observed.api.refusals.append(ApiError(409, error_status(409, "Conflict", "the object has been modified")))
    with pytest.raises(ConformanceError, match="The resize was refused: HTTP 409 Conflict"):
        put_resources(observed.pod, NEW)
    assert observed.pod.wanted == {"stress": OLD}


def test_same_pod_by_either_path(observed: ObservedPod) -> None:
    assert_same_by_either_path(observed.pod)


def test_status_that_is_written_between_two_reads(observed: ObservedPod) -> None:
    observed.api.lists = deque([pod_object(OLD), pod_object(NEW, OLD), pod_object(NEW)])
    assert_same_by_either_path(observed.pod)


def test_other_pod_by_the_other_path(observed: ObservedPod, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resize.sent.READS", 2)
    one, other = pod_object(OLD), pod_object(OLD.with_changes(cpu_limit_milli=None))
    observed.api.lists = deque([one, other, one, other, one])
    with pytest.raises(ConformanceError, match="/pods/idle/resize and /pods/idle differ in spec, status"):
        assert_same_by_either_path(observed.pod)
