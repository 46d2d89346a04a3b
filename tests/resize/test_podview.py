from __future__ import annotations

import pytest

from resize.podview import PodView, ResizeCondition, ResizeState
from resize.resources import Resources
from tests.resize.pod_objects import (
    INFEASIBLE_1_37,
    OOM_KILLED_1_30,
    SECOND_ID,
    SHRINK_ERROR_1_37,
    SHRINK_WAITS_1_30,
    condition,
    pod_object,
    read,
)


def test_alpha_pod_whose_resize_is_in_progress() -> None:
    view = PodView.of(read(SHRINK_WAITS_1_30))
    assert (view.name, view.phase, view.qos_class, view.ready, view.deleted) == (
        "steady",
        "Running",
        "Guaranteed",
        True,
        False,
    )
    assert (view.generation, view.observed_generation, view.resource_version) == (0, None, "935")
    assert view.labels == {"app": "steady"}
    assert (view.resize.word, view.resize.message, str(view.resize)) == ("InProgress", "", "InProgress")
    assert not view.resize.settled
    (container,) = view.containers
    assert container.spec == Resources.guaranteed(cpu="100m", memory="100M")
    assert container.allocated == Resources.of(cpu_request="100m", memory_request="100M")
    assert container.status == Resources.guaranteed(cpu="100m", memory="150M")
    assert (container.state, container.reason, container.restart_count, container.ready) == ("running", "", 0, True)
    assert container.container_id.startswith("150678a3b321")


def test_killed_container_says_why_and_has_no_resources() -> None:
    view = PodView.of(read(OOM_KILLED_1_30))
    container = view.container("stress")
    assert (container.state, container.reason, container.restart_count) == ("terminated", "OOMKilled", 5)
    assert container.container_id == SECOND_ID
    assert (container.allocated, container.status, container.ready, view.ready) == (None, None, False, False)
    assert view.resize.settled


def test_waiting_container_names_its_own_reason_before_the_last_one() -> None:
    pod = read(OOM_KILLED_1_30)
    status = pod["status"]["containerStatuses"][0]
    status["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    assert PodView.of(pod).containers[0].reason == "CrashLoopBackOff"
    status["state"] = {"running": {"startedAt": "2026-11-23T05:22:39Z"}}
    assert PodView.of(pod).containers[0].reason == "OOMKilled"


def test_infeasible_condition() -> None:
    view = PodView.of(read(INFEASIBLE_1_37))
    assert view.resize.word == "Infeasible"
    assert view.resize.pending is not None
    assert view.resize.pending.observed_generation == view.generation == view.observed_generation == 2
    assert 'policy "static"' in view.resize.message
    assert str(view.resize).startswith("PodResizePending Infeasible (Resize is infeasible")
    assert view.containers[0].status == Resources.guaranteed(cpu="100m", memory="64Mi")


def test_error_condition() -> None:
    view = PodView.of(read(SHRINK_ERROR_1_37))
    assert view.resize.word == "Error"
    assert view.resize.pending is None
    assert "below current usage (0)" in view.resize.message


def test_condition_that_is_false_means_nothing() -> None:
    pod = read(INFEASIBLE_1_37)
    pod["status"]["conditions"][0]["status"] = "False"
    resize = PodView.of(pod).resize
    assert (resize.settled, resize.word, str(resize)) == (True, "", "none")


def test_fresh_pod_has_no_statuses() -> None:
    view = PodView.of(
        {
            "metadata": {"name": "p", "uid": "u", "resourceVersion": "1"},
            "spec": {"containers": [{"name": "a"}, {"name": "b"}]},
        }
    )
    assert (view.phase, view.node_name, view.ready) == ("", "", False)
    assert [(c.state, c.container_id, c.restart_count) for c in view.containers] == [("", "", 0)] * 2


def test_deletion_shows() -> None:
    pod = pod_object(Resources.guaranteed(cpu="100m", memory="64Mi"))
    pod["metadata"]["deletionTimestamp"] = "2026-11-23T05:23:51Z"
    assert PodView.of(pod).deleted


PENDING = ResizeCondition("PodResizePending", "Deferred", "not now", 1)
IN_PROGRESS = ResizeCondition("PodResizeInProgress", "", "", 1)


@pytest.mark.parametrize(
    ("state", "word", "text"),
    [
        (ResizeState("Proposed", None, None), "Proposed", "Proposed"),
        (ResizeState("", PENDING, None), "Deferred", "PodResizePending Deferred (not now)"),
        (ResizeState("", None, IN_PROGRESS), "InProgress", "PodResizeInProgress"),
        # A new resize waits while the one before it is still at work (KEP-1287, Resize Status).
        (
            ResizeState("", PENDING, IN_PROGRESS),
            "Deferred",
            "PodResizePending Deferred (not now); PodResizeInProgress",
        ),
    ],
)
def test_words(state: ResizeState, word: str, text: str) -> None:
    assert (state.word, str(state), state.settled) == (word, text, False)


def test_message_joins_both_conditions() -> None:
    conditions = (condition("PodResizePending", "Deferred", "a"), condition("PodResizeInProgress", "Error", "b"))
    view = PodView.of(pod_object(Resources.guaranteed(cpu="100m", memory="64Mi"), conditions=conditions))
    assert view.resize.message == "a b"
