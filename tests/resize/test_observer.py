from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from clusters.api import ApiUnreachableError
from clusters.contract import ClusterError, NoNodeAccessError
from resize import sampler
from resize.behaviour import Behaviour
from resize.chain import Chain, Mismatch
from resize.observer import ConformanceError, GoneError, PodObserver
from resize.pod import ResizablePod
from tests.resize.api_of_objects import END, ApiOfObjects, list_of
from tests.resize.containers_of_node import NodeOfContainers
from tests.resize.observed_pod import NEW, OLD, ObservedPod
from tests.resize.pod_objects import FIRST_ID, pod_object

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def observed() -> Iterator[ObservedPod]:
    made = ObservedPod()
    yield made
    made.close()


def wants_new(chain: Chain) -> list[Mismatch]:
    spec = chain.pod.containers[0].spec
    return [] if spec == NEW else [Mismatch("spec", spec.describe(), NEW.describe())]


def test_wait_returns_the_reading_that_satisfied_it(observed: ObservedPod) -> None:
    observed.run()
    observed.soon(lambda: observed.grant(NEW))
    chain = observed.observer.wait(wants_new, what="new", deadline_s=5)
    assert chain.pod.containers[0].spec == NEW
    assert observed.observer.pod_object is not None


def test_deadline_tells_what_differs_and_what_happened(observed: ObservedPod) -> None:
    observed.run()
    recorder = observed.observer.record("stress", NEW)
    recorder.mark("request", "stress: more")
    observed.tell("ResizeDeferred", "no room")
    observed.tell("Pulled", "is not about the resize")
    begun = time.monotonic()
    with pytest.raises(ConformanceError) as caught:
        observed.observer.wait(wants_new, what="resize of pod idle", deadline_s=0.05)
    assert time.monotonic() - begun < 2
    message = str(caught.value)
    assert message.startswith("resize of pod idle: not within 0 s.")
    assert f"spec: {OLD.describe()}; expected {NEW.describe()}" in message
    assert "stress: more" in message
    assert "ResizeDeferred: no room" in message
    assert "is not about the resize" not in message


def test_pod_that_was_never_seen_is_told(observed: ObservedPod) -> None:
    with pytest.raises(ConformanceError, match="Pod idle was never seen"):
        observed.observer.wait(wants_new, what="new", deadline_s=0.01)
    with pytest.raises(ConformanceError, match="has not been seen yet"):
        observed.observer.chain()


def test_stop_ends_the_wait_long_before_its_deadline(observed: ObservedPod) -> None:
    observed.run()
    begun = time.monotonic()
    with pytest.raises(ConformanceError, match=r"new: can't come true any more after .* s: it was restarted"):
        observed.observer.wait(wants_new, what="new", deadline_s=60, stop=lambda _: "it was restarted")
    assert time.monotonic() - begun < 5


def test_nothing_is_said_of_cgroups_that_are_not_read_any_more(
    observed: ObservedPod, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed.run()
    monkeypatch.setattr(sampler, "STALE_S", 0.0)
    wrong = Mismatch("pod cgroup", "100m", "200m")
    with pytest.raises(ClusterError, match="new: nothing can be said of it, as the cgroups on node node were last"):
        observed.observer.wait(lambda _: [wrong], what="new", deadline_s=0.01)
    with pytest.raises(ClusterError, match="nothing can be said of it"):
        observed.observer.wait(lambda _: [wrong], what="new", deadline_s=60, stop=lambda _: "it was restarted")
    with pytest.raises(ClusterError, match="nothing can be said of it"):
        observed.observer.holds(lambda _: [], what="new", for_s=0.01)
    with pytest.raises(ConformanceError, match="not within"):
        observed.observer.wait(wants_new, what="new", deadline_s=0.01)


def test_stop_is_not_asked_once_the_goal_is_reached(observed: ObservedPod) -> None:
    observed.run()
    observed.grant(NEW)
    observed.observer.wait(wants_new, what="new", deadline_s=5, stop=lambda _: "never")


def test_goal_must_hold_as_long_as_it_says(observed: ObservedPod) -> None:
    observed.run()
    observed.grant(NEW)
    begun = time.monotonic()
    observed.soon(lambda: observed.grant(OLD), 0.05)
    observed.soon(lambda: observed.grant(NEW), 0.1)
    observed.observer.wait(wants_new, what="new", deadline_s=5, stable_s=0.2)
    assert time.monotonic() - begun >= 0.3


def test_holds_returns_after_its_time_and_fails_at_once(observed: ObservedPod) -> None:
    observed.run()
    observed.grant(NEW)
    begun = time.monotonic()
    observed.observer.holds(wants_new, what="new", for_s=0.1)
    assert 0.1 <= time.monotonic() - begun < 1
    observed.soon(lambda: observed.grant(OLD))
    with pytest.raises(ConformanceError, match="it did not hold"):
        observed.observer.holds(wants_new, what="new", for_s=30)
    assert time.monotonic() - begun < 10


def test_deleted_pod_ends_every_wait(observed: ObservedPod) -> None:
    observed.run()
    observed.soon(lambda: observed.show(pod_object(OLD), "DELETED"))
    with pytest.raises(GoneError, match="Pod idle was deleted before new"):
        observed.observer.wait(wants_new, what="new", deadline_s=30)


def test_failure_of_the_watch_ends_every_wait(observed: ObservedPod) -> None:
    observed.run()
    error = ApiUnreachableError("GET /pods: the API server can't be reached")
    observed.soon(lambda: observed.fail(error))
    with pytest.raises(ApiUnreachableError) as caught:
        observed.observer.wait(wants_new, what="new", deadline_s=30)
    assert caught.value is error
    observed.fail(RuntimeError("a later one does not hide the first"))
    with pytest.raises(ApiUnreachableError):
        observed.observer.wait(wants_new, what="new", deadline_s=30)


def test_timeline_begins_with_what_is_known(observed: ObservedPod) -> None:
    observed.run()
    recorder = observed.observer.record("stress", NEW)
    observed.observer.note("a remark")
    layers = {series.layer: series.points[0] for series in recorder.timeline.series if series.resource == "cpu"}
    assert layers["spec"] == layers["status"] == (0.0, 100)
    assert layers["container cgroup"] == layers["pod cgroup"] == (0.0, 100.0)
    assert [(mark.kind, mark.text) for mark in recorder.timeline.marks] == [("note", "a remark")]
    observed.observer._on_usage(99.0, time.monotonic())
    assert recorder.timeline.series[-1].layer == "usage"


def test_layout_and_reader_need_a_container_that_ran(observed: ObservedPod) -> None:
    with pytest.raises(ConformanceError, match="no container of pod idle was ever seen running"):
        _ = observed.observer.layout
    with pytest.raises(ConformanceError, match="container stress of pod idle does not run"):
        observed.observer.reader("stress")
    observed.run()
    assert observed.observer.layout == ("v2", "cgroupfs")
    assert observed.observer.reader("stress").paths.container.cpu.endswith(FIRST_ID)


def test_watch_and_sampler_feed_a_started_observer() -> None:
    api, node = ApiOfObjects(list_of(pod_object(OLD))), NodeOfContainers()
    node.start(FIRST_ID, OLD)
    observer = PodObserver(api, node, "/pods", "/pods", "idle")
    # Events come from a list of their own; this stand-in has one list, so only the pod's watch is begun.
    observer._watches[0].start()
    observer._cgroups.start()
    try:
        chain = observer.wait(
            lambda chain: [] if chain.pod_cgroup else [Mismatch("pod cgroup", "none", "one")],
            what="both sources",
            deadline_s=5,
        )
    finally:
        observer.close()
        api.tell(END)
    reading = chain.container_cgroups["stress"]
    assert reading is not None
    assert (reading.cpu_quota_us, reading.memory_limit_bytes) == (10_000, 64 * 2**20)


def test_without_node_access_the_api_is_all_there_is() -> None:
    api = ApiOfObjects(list_of(pod_object(OLD)))
    observer = PodObserver(api, None, "/pods", "/events", "idle")
    pod = ResizablePod(api, "/pods/idle", observer, Behaviour.for_version("1.37"), {"stress": OLD}, lambda _: None)
    observer._on_pod("ADDED", pod_object(OLD), time.monotonic())
    pod.until_running()
    assert pod.unchanged(for_s=0.05).node_access is False
    for look in (lambda: pod.cgroup, lambda: observer.layout, pod.applied):
        with pytest.raises(NoNodeAccessError, match="no node access: the cgroups of pod idle can't be read"):
            look()
    observer.record("stress", NEW)
    observer._on_pod("MODIFIED", pod_object(NEW), time.monotonic())
    pod.wanted = {"stress": NEW}
    assert pod.settle().pod_cgroup is None
    observer.close()
