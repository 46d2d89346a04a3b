from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from clusters.api import ApiError, ApiUnreachableError
from resize import pod as pod_module
from resize.observer import ConformanceError
from resize.pod import ResizablePod
from resize.resources import Resources
from tests.clusters.api_server import error_status
from tests.resize.observed_pod import NEW, OLD, ObservedPod
from tests.resize.pod_objects import SECOND_ID, condition, pod_object

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSAL = ApiError(422, error_status(422, "Invalid", "not allowed"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_module, "STABLE_S", 0.02)
    monkeypatch.setitem(ResizablePod.unchanged.__kwdefaults__ or {}, "for_s", 0.05)


@pytest.fixture
def observed() -> Iterator[ObservedPod]:
    made = ObservedPod()
    yield made
    made.close()


@pytest.fixture
def alpha() -> Iterator[ObservedPod]:
    made = ObservedPod("1.30")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("version", "path"),
    [("1.27", "/pods/idle"), ("1.31", "/pods/idle"), ("1.32", "/pods/idle/resize"), ("1.37", "/pods/idle/resize")],
)
def test_version_chooses_the_endpoint(version: str, path: str) -> None:
    observed = ObservedPod(version)
    submitted = observed.run().submit({"stress": {"requests": {"cpu": "200m"}}})
    assert submitted.error is None
    body = {"spec": {"containers": [{"name": "stress", "resources": {"requests": {"cpu": "200m"}}}]}}
    assert observed.api.patches == [(path, body)]


def test_patch_is_merged_into_what_is_wanted(observed: ObservedPod) -> None:
    pod = observed.run()
    submitted = pod.submit({"stress": {"limits": {"memory": "128Mi"}}})
    merged = Resources.of(cpu_request="100m", cpu_limit="100m", memory_request="64Mi", memory_limit="128Mi")
    assert pod.wanted == {"stress": merged}
    assert pod.actual == {"stress": OLD}
    assert submitted.recorder is pod.timelines[-1] is observed.handed_out[-1]
    timeline = submitted.recorder.timeline
    assert timeline.requested == merged.describe()
    assert [(mark.kind, mark.text) for mark in timeline.marks] == [
        ("request", f"stress: {merged.describe()}"),
        ("answer", "accepted"),
    ]
    assert submitted.answered_s >= 0


def test_refused_resize_leaves_what_is_wanted(observed: ObservedPod) -> None:
    pod = observed.run()
    observed.api.refusals.append(REFUSAL)
    submitted = pod.submit({"stress": NEW.to_json()})
    assert submitted.error is REFUSAL
    assert pod.wanted == {"stress": OLD}
    assert submitted.recorder.timeline.marks[-1].text == "HTTP 422 Invalid: not allowed"


def test_resize_expects_the_api_to_accept(observed: ObservedPod) -> None:
    pod = observed.run()
    observed.api.refusals.append(REFUSAL)
    with pytest.raises(ConformanceError, match="The resize was refused: HTTP 422 Invalid: not allowed"):
        pod.resize(NEW)
    pod.resize({"stress": NEW})
    assert pod.wanted == {"stress": NEW}


def test_server_that_is_gone_is_no_refusal(observed: ObservedPod) -> None:
    pod = observed.run()
    observed.api.refusals.append(ApiUnreachableError("gone"))
    with pytest.raises(ApiUnreachableError):
        pod.submit({"stress": NEW.to_json()})


def test_settle_waits_for_every_layer_and_remembers(observed: ObservedPod) -> None:
    pod = observed.run()
    pod.resize(NEW)
    observed.show(pod_object(NEW, OLD))
    observed.soon(lambda: observed.grant(NEW))
    chain = pod.settle(deadline_s=5)
    assert chain.pod.containers[0].status == NEW
    assert pod.actual == {"stress": NEW}
    # Waking the kubelet would hide how soon a version reports by itself.
    assert [path for path, _ in observed.api.patches] == ["/pods/idle/resize"]


def test_settle_wakes_a_kubelet_that_reports_on_its_next_sync_only(alpha: ObservedPod) -> None:
    pod = alpha.run()
    pod.resize(NEW)
    alpha.cgroups(NEW)
    alpha.show(pod_object(NEW, OLD, field="InProgress"))
    alpha.soon(lambda: alpha.show(pod_object(NEW)))
    pod.settle(deadline_s=5)
    woken = [body["metadata"]["annotations"] for path, body in alpha.api.patches[1:] if path == "/pods/idle"]
    assert woken
    assert list(woken[0]) == ["resize-conformance/woken"]
    notes = [mark.text for mark in pod.timelines[-1].timeline.marks if mark.kind == "note"]
    assert "the suite changed an annotation" in notes[0]


def test_settle_names_the_layer_that_lags(observed: ObservedPod) -> None:
    pod = observed.run()
    pod.resize(NEW)
    observed.cgroups(NEW, OLD)
    observed.show(pod_object(NEW))
    with pytest.raises(ConformanceError) as caught:
        pod.settle(deadline_s=0.05)
    message = str(caught.value)
    assert "resize of pod idle done on every layer: not within" in message
    assert "pod cgroup: pod cgroup: /sys/fs/cgroup" in message
    assert "container cgroup of stress: " not in message


def test_restart_against_the_policy_fails_early(observed: ObservedPod) -> None:
    pod = observed.run()
    pod.resize(NEW)
    observed.grant(NEW, restarts=1, container_id=SECOND_ID)
    with pytest.raises(ConformanceError, match="container stress was restarted 1 times"):
        pod.settle(deadline_s=60)


def test_restart_that_the_policy_wants_must_come(observed: ObservedPod) -> None:
    pod = observed.run()
    pod.resize(NEW)
    observed.grant(NEW)
    with pytest.raises(ConformanceError, match="restartCount of stress: 0; expected 1"):
        pod.settle(restarts={"stress": 1}, deadline_s=0.05)
    observed.grant(NEW, restarts=1, container_id=SECOND_ID)
    pod.settle(restarts={"stress": 1}, deadline_s=5)
    # The next resize counts from here.
    pod.settle(deadline_s=5)


def test_infeasible_ends_the_wait_where_conditions_say_it(observed: ObservedPod) -> None:
    pod = observed.run()
    pod.resize(NEW)
    observed.show(pod_object(NEW, OLD, conditions=(condition("PodResizePending", "Infeasible", "too much"),)))
    with pytest.raises(ConformanceError, match=r"the node says PodResizePending Infeasible \(too much\)"):
        pod.settle(deadline_s=60)


@pytest.mark.parametrize("generation", [1, None])
def test_infeasible_of_the_resize_before_does_not_end_the_wait(observed: ObservedPod, generation: int | None) -> None:
    pod = observed.run()
    pod.resize(NEW)
    before = condition("PodResizePending", "Infeasible", "too much", generation=generation or 1)
    if generation is None:
        del before["observedGeneration"]
    observed.show(pod_object(NEW, OLD, conditions=(before,), generation=2))
    observed.soon(lambda: observed.grant(NEW))
    pod.settle(deadline_s=5)


def test_alpha_may_say_infeasible_and_change_its_mind(alpha: ObservedPod) -> None:
    pod = alpha.run()
    pod.resize(NEW)
    alpha.show(pod_object(NEW, OLD, field="Infeasible"))
    alpha.soon(lambda: alpha.grant(NEW))
    pod.settle(deadline_s=5)


def test_applied_looks_at_the_cgroups_alone(observed: ObservedPod) -> None:
    pod = observed.run()
    pod.resize(NEW)
    observed.show(pod_object(NEW, OLD, conditions=(condition("PodResizeInProgress"),)))
    observed.cgroups(NEW)
    assert pod.applied(deadline_s=1).pod.resize.word == "InProgress"


def test_unchanged_fails_when_a_refused_resize_is_applied(observed: ObservedPod) -> None:
    pod = observed.run()
    pod.unchanged()
    observed.soon(lambda: observed.cgroups(NEW), 0.02)
    with pytest.raises(ConformanceError, match="pod idle unchanged: can't come true any more"):
        pod.unchanged(for_s=30)


def test_until_running_ends_where_there_is_no_image(observed: ObservedPod) -> None:
    state = {"waiting": {"reason": "ImagePullBackOff"}}
    observed.show(pod_object(OLD, state=state, phase="Pending"))
    begun = time.monotonic()
    with pytest.raises(ConformanceError, match=r"can't be had \(ImagePullBackOff\); see --stress-image"):
        observed.pod.until_running()
    assert time.monotonic() - begun < 5


def test_until_running_waits_for_the_cgroup_too(observed: ObservedPod) -> None:
    observed.show(pod_object(OLD, phase="Pending", state={"waiting": {"reason": "ContainerCreating"}}))
    observed.soon(lambda: observed.show(pod_object(OLD)), 0.02)
    observed.soon(lambda: observed.cgroups(OLD), 0.06)
    chain = observed.pod.until_running()
    assert chain.pod_cgroup is not None
    assert observed.pod.only_container.state == "running"
