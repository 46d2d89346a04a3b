from __future__ import annotations

import copy
from typing import Any

import pytest

from resize import autoscaling, workloads
from resize.manifests import container
from resize.observer import ConformanceError
from resize.resources import Resources
from resize.watched import WatchedCollection, WatchedObject
from tests.resize.api_of_objects import ApiOfObjects, list_of

CONTAINER = container("stress", "image", Resources.guaranteed(cpu="100m", memory="64Mi"), script="true")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workloads, "READY_DEADLINE_S", 0.3)
    monkeypatch.setattr(autoscaling, "COUNTED_DEADLINE_S", 0.3)
    monkeypatch.setattr(autoscaling, "ROUNDS_S", 0.3)


def pod(name: str, *, ready: bool, uid: str = "") -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": str(ready)}]
    metadata = {"name": name, "uid": uid or name, "resourceVersion": "1"}
    return {"metadata": metadata, "status": {"phase": "Running", "conditions": conditions}}


@pytest.mark.parametrize("make", [workloads.deployment, workloads.stateful_set, workloads.job])
def test_pods_of_a_workload_are_kept_to_a_node(make: Any) -> None:
    template = make(CONTAINER, node="one")["spec"]["template"]
    assert template["metadata"]["labels"] == workloads.LABELS
    assert "one" in str(template["spec"]["affinity"])
    assert template["spec"]["containers"] == [CONTAINER]


def test_one_pod_after_another() -> None:
    api = ApiOfObjects(list_of(pod("old", ready=True)))
    pods = WatchedCollection(api, "/pods")
    assert workloads.until_one_ready(pods) == "old"
    with pytest.raises(ConformanceError, match=r"one ready pod: not within 0 s; there is \['old: Running'\]"):
        workloads.until_one_ready(pods, after="old")
    api.tell({"type": "DELETED", "object": pod("old", ready=True)})
    api.tell({"type": "ADDED", "object": pod("new", ready=True)})
    assert workloads.until_one_ready(pods, after="old") == "new"


def test_a_workload_that_was_touched() -> None:
    before: dict[str, Any] = {
        "metadata": {"name": "w", "generation": 1, "resourceVersion": "1"},
        "spec": {"replicas": 1},
    }
    api = ApiOfObjects(list_of())
    made = WatchedObject(api, "/deployments", "w")
    now = copy.deepcopy(before)
    api.lists.clear()
    api.lists.append(now)
    workloads.assert_untouched(made, before)
    now["metadata"]["generation"] = 2
    with pytest.raises(ConformanceError, match="w was touched by the resize of its pod: generation is 2, was 1"):
        workloads.assert_untouched(made, before)
    made.close()


def autoscaler(percent: int | None) -> WatchedObject:
    current = {} if percent is None else {"averageUtilization": percent}
    document = {
        "metadata": {"name": "workload", "resourceVersion": "1"},
        "status": {"currentMetrics": [{"resource": {"name": "cpu", "current": current}}]},
    }
    return WatchedObject(ApiOfObjects(list_of(document)), "/autoscalers", "workload")


def test_what_an_autoscaler_counts() -> None:
    assert autoscaling.until_counted(autoscaler(97)) == 97
    autoscaling.assert_counts_what_is_given(autoscaler(90), before_percent=97)
    with pytest.raises(ConformanceError, match="averageUtilization fell from 97 to 8 percent by a resize that waits"):
        autoscaling.assert_counts_what_is_given(autoscaler(8), before_percent=97)
    with pytest.raises(ConformanceError, match="a figure of the CPU's utilization"):
        autoscaling.until_counted(autoscaler(None))


@pytest.mark.parametrize(("kind", "over"), [("Complete", True), ("Failed", True), ("Suspended", False)])
def test_the_end_of_a_job(kind: str, over: bool) -> None:
    assert workloads.is_over({"status": {"conditions": [{"type": kind, "status": "True"}]}}) is over
