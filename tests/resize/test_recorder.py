from __future__ import annotations

from dataclasses import replace

from resize.podview import PodView
from resize.recorder import TimelineRecorder
from resize.resources import Resources
from resize.timeline import Series
from tests.resize.pod_objects import condition, pod_object
from tests.resize.readings import reading

OLD = Resources.guaranteed(cpu="100m", memory="150M")
NEW = Resources.guaranteed(cpu="200m", memory="250M")


def recorder_of(total: Resources | None = NEW) -> TimelineRecorder:
    return TimelineRecorder("idle", "stress", NEW, total)


def view_of(spec: Resources, applied: Resources, **pod: int) -> PodView:
    return PodView.of(pod_object(spec, applied, restarts=pod.get("restarts", 0)))


def series(recorder: TimelineRecorder, layer: str, resource: str, kind: str = "limit") -> Series:
    (found,) = [s for s in recorder.timeline.series if (s.layer, s.resource, s.kind) == (layer, resource, kind)]
    return found


def test_points_are_kept_only_where_a_value_changed() -> None:
    recorder = recorder_of()
    for second, applied in enumerate([OLD, OLD, NEW, NEW]):
        recorder.pod(view_of(NEW, applied), recorder.began + second)
    assert series(recorder, "status", "cpu").points == [(0.0, 100), (2.0, 200)]
    assert series(recorder, "spec", "memory").points == [(0.0, 250_000_000)]
    assert recorder.timeline.ended_s == 3.0


def test_layer_is_reached_when_its_last_value_is_there() -> None:
    recorder = recorder_of()
    recorder.pod(view_of(NEW, OLD), recorder.began)
    recorder.cgroup("container", reading(OLD), recorder.began + 0.1)
    half = replace(reading(NEW), memory_limit_bytes=reading(OLD).memory_limit_bytes)
    recorder.cgroup("container", half, recorder.began + 0.2)
    assert recorder.timeline.reached_s == {
        "spec": 0.0,
        "allocated": None,
        "status": None,
        "container cgroup": None,
    }
    # The kernel rounds 250M down to whole pages; that is the wanted value too.
    recorder.cgroup("container", reading(NEW), recorder.began + 0.3)
    recorder.cgroup("pod", reading(NEW, "pod"), recorder.began + 0.4)
    recorder.pod(view_of(NEW, NEW), recorder.began + 8)
    assert recorder.timeline.reached_s == {
        "spec": 0.0,
        "allocated": 8.0,
        "status": 8.0,
        "container cgroup": 0.3,
        "pod cgroup": 0.4,
    }


def test_the_pods_cgroup_is_to_have_the_total_of_its_containers() -> None:
    both = Resources.guaranteed(cpu="300m", memory="300M")
    recorder = recorder_of(both)
    recorder.cgroup("pod", reading(NEW, "pod"), recorder.began + 0.1)
    assert recorder.timeline.reached_s == {"pod cgroup": None}
    recorder.cgroup("pod", reading(both, "pod"), recorder.began + 0.2)
    assert recorder.timeline.reached_s == {"pod cgroup": 0.2}


def test_without_a_known_total_nobody_says_when_the_pods_cgroup_has_it() -> None:
    recorder = recorder_of(None)
    recorder.cgroup("pod", reading(NEW, "pod"), recorder.began + 0.1)
    assert recorder.timeline.reached_s == {}


def test_layer_that_falls_back_was_not_reached() -> None:
    recorder = recorder_of()
    recorder.pod(view_of(NEW, NEW), recorder.began + 1)
    recorder.pod(view_of(NEW, OLD), recorder.began + 2)
    assert recorder.timeline.reached_s["status"] is None
    assert recorder.timeline.reached_s["spec"] == 1.0
    recorder.pod(view_of(NEW, NEW), recorder.began + 3)
    assert recorder.timeline.reached_s["status"] == 3.0


def test_cgroup_that_is_gone_is_a_point_without_value() -> None:
    recorder = recorder_of()
    recorder.cgroup("container", reading(NEW), recorder.began)
    recorder.cgroup("container", None, recorder.began + 1)
    assert series(recorder, "container cgroup", "cpu").points == [(0.0, 200.0), (1.0, None)]
    assert recorder.timeline.reached_s["container cgroup"] is None


def test_states_are_marked_once_each_and_their_end_too() -> None:
    recorder = recorder_of()
    state = (condition("PodResizeInProgress"),)
    for second, conditions in enumerate([(), state, state, ()]):
        recorder.pod(PodView.of(pod_object(NEW, conditions=conditions)), recorder.began + second)
    marks = [(mark.at_s, mark.text) for mark in recorder.timeline.marks if mark.kind == "resize-state"]
    assert marks == [(1.0, "PodResizeInProgress"), (3.0, "none")]


def test_restarts_are_marked_but_not_those_from_before() -> None:
    recorder = recorder_of()
    for second, restarts in enumerate([2, 2, 3]):
        recorder.pod(view_of(NEW, NEW, restarts=restarts), recorder.began + second)
    assert [(m.at_s, m.kind, m.text) for m in recorder.timeline.marks] == [(2.0, "restart", "restart 3 (running)")]


def test_usage_has_a_series_of_its_own_and_reaches_nothing() -> None:
    recorder = recorder_of()
    recorder.usage(99.96, recorder.began + 1)
    assert series(recorder, "usage", "cpu", "usage").points == [(1.0, 100.0)]
    assert recorder.timeline.reached_s == {}


def test_what_was_before_the_request_stands_at_its_moment() -> None:
    recorder = recorder_of()
    recorder.pod(view_of(OLD, OLD), recorder.began - 5)
    assert series(recorder, "spec", "cpu").points == [(0.0, 100)]
    recorder.mark("note", "now")
    assert recorder.timeline.marks[-1].at_s >= 0.0
    assert recorder.elapsed_s >= recorder.timeline.marks[-1].at_s
