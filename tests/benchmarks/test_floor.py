from __future__ import annotations

from typing import Any

import pytest

from benchmarks.audit import Request
from benchmarks.floor import Step, answered, runs, script
from resize.podview import PodView

NEW, OLD = {"requests": {"cpu": "25m"}}, {"requests": {"cpu": "20m"}}


def request(verb: str, resource: str, namespace: str, *, name: str = "", code: int = 200, body: Any = None) -> Request:
    return Request("1", "resize-conformance", verb, resource, namespace, name, code, body)


def test_a_namespace_is_a_case() -> None:
    pod: dict[str, Any] = {"metadata": {"name": "p"}}
    patch: dict[str, Any] = {"spec": {}}
    found = script(
        [
            request("create", "pods", "one", code=201, body=pod),
            request("create", "pods", "two", code=201, body=pod),
            request("watch", "pods", "one"),
            request("patch", "pods/resize", "one", name="p", body=patch),
            request("patch", "pods/resize", "two", name="p", code=422, body=patch),
            request("delete", "pods", "one", name="p"),
        ]
    )
    start = Step("start", "p", pod, accepted=True)
    assert found == [
        [start, Step("resize", "p", patch, accepted=True)],
        [start, Step("resize", "p", patch, accepted=False)],
    ]


def pod(
    *, state: str = "running", shown: Any = NEW, observed: int = 2, condition: tuple[str, str] | None = None
) -> PodView:
    conditions = [{"type": condition[0], "status": "True", "reason": condition[1]}] if condition else []
    status = {
        "phase": "Running",
        "observedGeneration": observed,
        "conditions": conditions,
        "containerStatuses": [{"name": "c", "state": {state: {}}, "resources": shown}],
    }
    metadata = {"name": "p", "uid": "u", "generation": 2, "resourceVersion": "5"}
    return PodView.of(
        {"metadata": metadata, "spec": {"containers": [{"name": "c", "resources": NEW}]}, "status": status}
    )


def test_a_pod_runs_once_its_containers_do() -> None:
    assert runs(pod())
    assert not runs(pod(state="waiting"))


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (pod(), True),
        (pod(shown=OLD), False),
        (pod(observed=1), False),
        (pod(state="terminated"), False),
        (pod(shown=OLD, condition=("PodResizePending", "Deferred")), True),
        (pod(shown=OLD, condition=("PodResizeInProgress", "Error")), True),
        (pod(condition=("PodResizeInProgress", "")), False),
        (pod(shown=OLD, observed=1, condition=("PodResizePending", "Deferred")), False),
    ],
)
def test_a_resize_is_answered_once_it_is_done_or_put_off(view: PodView, expected: bool) -> None:
    assert answered(view) is expected
