"""What is measured of workloads: usage, throttling, memory at its edge, the time of a start, delays."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from clusters.contract import ClusterError
from resize import oom, startup, usage
from resize.delays import granted_after_s, status_delay_s
from resize.kubectl import Kubectl, Usage
from resize.observer import ConformanceError
from resize.startup import quickest_start, started_in_s
from resize.usage import TopWatch, assert_held_to
from tests.resize.containers_of_node import POD
from tests.resize.observed_pod import NEW, OLD, ObservedPod
from tests.resize.pod_objects import FIRST_ID, SECOND_ID, condition, pod_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resize.pod import ResizablePod

STAT = f"/sys/fs/cgroup{POD}/{FIRST_ID}/cpu.stat"
MEMORY = f"/sys/fs/cgroup{POD}/{FIRST_ID}/memory.current"
KILLED = {"terminated": {"reason": "OOMKilled"}}
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "WINDOW_S", 0.2)
    monkeypatch.setattr(usage, "BUSY_S", 0.5)
    monkeypatch.setattr(oom, "FILL_DEADLINE_S", 0.05)
    monkeypatch.setattr(oom, "BACK_OFF_DEADLINE_S", 0.5)


@pytest.fixture
def observed() -> Iterator[ObservedPod]:
    made = ObservedPod()
    made.run()
    yield made
    made.close()


class Measures:
    def __init__(self) -> None:
        self.figures: dict[str, float] = {}

    def measure(self, name: str, value: float, unit: str, *, expected: str = "") -> None:
        self.figures[name] = value


class KubectlThatShows(Kubectl):
    """Shows one usage; the real waiting is tested with the real class."""

    def top(self, pod: str) -> Usage | None:
        return Usage(int(self.binary), int(self.kubeconfig) * 2**20)


@pytest.mark.parametrize(("cpu_milli", "right"), [(80, True), (120, True), (79, False), (121, False)])
def test_cpu_of_top_is_about_right(
    observed: ObservedPod, monkeypatch: pytest.MonkeyPatch, cpu_milli: int, right: bool
) -> None:
    monkeypatch.setattr("resize.kubectl.TOP_DEADLINE_S", 0.0)
    measures = Measures()
    watch = TopWatch(KubectlThatShows(str(cpu_milli), "131", "n"), observed.pod, measures)
    if not right:
        with pytest.raises(ConformanceError, match="did not show about 100m"):
            watch.until_cpu("before", milli=100)
        return
    watch.until_cpu("before", milli=100)
    assert measures.figures["kubectl top, before: CPU"] == cpu_milli


@pytest.mark.parametrize(("memory_mib", "right"), [(122, True), (140, True), (121, False), (141, False)])
def test_memory_of_top_is_about_right(
    observed: ObservedPod, monkeypatch: pytest.MonkeyPatch, memory_mib: int, right: bool
) -> None:
    monkeypatch.setattr("resize.kubectl.TOP_DEADLINE_S", 0.0)
    measures = Measures()
    watch = TopWatch(KubectlThatShows("100", str(memory_mib), "n"), observed.pod, measures)
    if not right:
        with pytest.raises(ConformanceError, match="did not show about 131Mi"):
            watch.until_memory("before", mib=131)
        return
    watch.until_memory("before", mib=131)
    assert measures.figures["kubectl top, before: memory"] == memory_mib


class CountersOfAWorkload:
    """The cgroup's counters for a workload that uses this much, by the real clock."""

    def __init__(self, observed: ObservedPod, monkeypatch: pytest.MonkeyPatch, *, milli: int, throttled: float) -> None:
        self.begun = time.monotonic()
        self.milli, self.throttled = milli, throttled
        self.read = observed.node.read_text
        monkeypatch.setattr(observed.node, "read_text", self.read_text)

    def read_text(self, path: str) -> str:
        passed_s = time.monotonic() - self.begun
        if path == "/proc/uptime":
            return f"{passed_s:.6f} 0.00\n"
        if path != STAT:
            return self.read(path)
        periods = int(passed_s * 10)
        return (
            f"usage_usec {int(passed_s * 1000 * self.milli)}\nnr_periods {periods}\n"
            f"nr_throttled {int(periods * self.throttled)}\n"
            f"throttled_usec {int(passed_s * self.throttled * (1e6 - 1000 * self.milli))}\n"
        )


def test_workload_that_is_held_to_its_limit(observed: ObservedPod, monkeypatch: pytest.MonkeyPatch) -> None:
    CountersOfAWorkload(observed, monkeypatch, milli=100, throttled=1.0)
    measures = Measures()
    assert_held_to(observed.pod, measures, "at 100m", cpu_milli=100)
    assert measures.figures["CPU at 100m"] == pytest.approx(100, rel=0.2)
    assert measures.figures["throttled periods at 100m"] == 100.0


@pytest.mark.parametrize(("milli", "throttled"), [(200, 1.0), (50, 1.0), (100, 0.0)])
def test_workload_that_is_not(
    observed: ObservedPod, monkeypatch: pytest.MonkeyPatch, milli: int, throttled: float
) -> None:
    CountersOfAWorkload(observed, monkeypatch, milli=milli, throttled=throttled)
    with pytest.raises(ConformanceError, match="expected about 100m, throttled in most"):
        assert_held_to(observed.pod, Measures(), "at 100m", cpu_milli=100)


def test_workload_that_the_node_has_no_cpu_for(observed: ObservedPod, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of its limit then: no verdict on Kubernetes comes of it."""
    CountersOfAWorkload(observed, monkeypatch, milli=10, throttled=0.0)
    with pytest.raises(ClusterError, match="the node's CPU is short: a workload that wants more got 10m of 100m"):
        assert_held_to(observed.pod, Measures(), "at 100m", cpu_milli=100)
    monkeypatch.setattr("resize.kubectl.TOP_DEADLINE_S", 0.0)
    watch = TopWatch(KubectlThatShows("10", "122", "n"), observed.pod, Measures())
    with pytest.raises(ClusterError, match="the node's CPU is short"):
        watch.until_cpu("before", milli=100)


def test_workload_that_gets_its_share_a_moment_later(observed: ObservedPod, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = CountersOfAWorkload(observed, monkeypatch, milli=10, throttled=0.0)

    def node_is_free_again() -> None:
        counters.begun, counters.milli, counters.throttled = time.monotonic() - 100, 100, 1.0

    threading.Timer(0.3, node_is_free_again).start()
    monkeypatch.setattr(usage, "BUSY_S", 5.0)
    measures = Measures()
    assert_held_to(observed.pod, measures, "at 100m", cpu_milli=100)
    assert measures.figures["CPU at 100m"] == pytest.approx(100, rel=0.2)


def test_memory_must_be_used_by_the_kernels_and_by_the_kubelets_count(observed: ObservedPod) -> None:
    summary = {"pods": [{"podRef": {"uid": "31ac1e5a"}, "memory": {"usageBytes": 2**20}}]}
    observed.api.lists[0] = summary
    oom.until_memory_used(observed.pod, above_bytes=2**20 - 1)
    with pytest.raises(ConformanceError, match="the cgroup's count pod idle uses 1048576 bytes, expected more"):
        oom.until_memory_used(observed.pod, above_bytes=2**20)
    observed.api.lists[0] = {"pods": []}
    with pytest.raises(ConformanceError, match="the kubelet's count pod idle uses 0 bytes"):
        oom.until_memory_used(observed.pod, above_bytes=2**20 - 1)


def test_memory_must_be_free_by_all_counts(observed: ObservedPod) -> None:
    containers = [{"name": "stress", "memory": {"usageBytes": 2**20}}]
    pod = {"podRef": {"uid": "31ac1e5a"}, "memory": {"usageBytes": 2**19}, "containers": containers}
    observed.api.lists[0] = {"pods": [pod]}
    oom.until_memory_free(observed.pod, below_bytes=2**20 + 1)
    containers[0]["memory"] = {"usageBytes": 2**21}
    with pytest.raises(ConformanceError, match=r"uses \[1048576, 524288, 2097152\] bytes, expected less than 1048577"):
        oom.until_memory_free(observed.pod, below_bytes=2**20 + 1)


def test_oom_killed_needs_a_second_kill(observed: ObservedPod) -> None:
    observed.show(pod_object(OLD, state=KILLED))
    with pytest.raises(ConformanceError, match="0 restarts, terminated OOMKilled; expected OOM-killed, restarted"):
        oom.until_oom_killed(observed.pod)
    observed.show(pod_object(OLD, state=BACK_OFF, restarts=1))
    assert oom.until_oom_killed(observed.pod).pod.containers[0].restart_count == 1


def test_rescued_pod_runs_on(observed: ObservedPod) -> None:
    observed.show(pod_object(OLD, state=BACK_OFF, restarts=1))
    oom.until_oom_killed(observed.pod)
    observed.pod.resize(NEW)
    observed.soon(lambda: observed.grant(NEW, restarts=2, container_id=SECOND_ID))
    observed.node.files[MEMORY] = f"{130 * 2**20}\n"
    oom.assert_rescued(observed.pod)


def test_pod_that_runs_without_its_memory_is_not_rescued_yet(observed: ObservedPod) -> None:
    observed.show(pod_object(OLD, state=BACK_OFF, restarts=1))
    oom.until_oom_killed(observed.pod)
    observed.pod.resize(NEW)
    observed.soon(lambda: observed.grant(NEW, restarts=2, container_id=SECOND_ID))
    with pytest.raises(ConformanceError, match="it took no more than 130000000 bytes within"):
        oom.assert_rescued(observed.pod)


def test_pod_that_is_killed_again_was_not_rescued(observed: ObservedPod) -> None:
    observed.show(pod_object(OLD, state=BACK_OFF, restarts=1))
    oom.until_oom_killed(observed.pod)
    observed.pod.resize(NEW)
    observed.cgroups(NEW, OLD)
    observed.soon(lambda: observed.show(pod_object(NEW, restarts=2, container_id=SECOND_ID)), 0.02)
    observed.soon(lambda: observed.show(pod_object(NEW, state=KILLED, restarts=3, container_id=SECOND_ID)), 0.04)
    with pytest.raises(ConformanceError) as caught:
        oom.assert_rescued(observed.pod)
    assert "memory.max is 67108864 bytes, accepted: 134217728 bytes" in str(caught.value)


def test_start_is_measured_by_the_workloads_own_clock(observed: ObservedPod) -> None:
    observed.api.texts.extend(["", "ready 102.50", "ready 102.50 105.75\n"])
    assert started_in_s(observed.pod) == pytest.approx(3.25)


def test_start_that_does_not_end(observed: ObservedPod, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "DEADLINE_S", 0.15)
    observed.api.texts.append("ready 102.50")
    with pytest.raises(ConformanceError, match="the workload of pod idle was not ready within"):
        started_in_s(observed.pod)


def test_slow_start_is_tried_again(observed: ObservedPod) -> None:
    observed.api.texts.extend(["ready 1.00 6.00", "ready 11.00 12.50"])
    started: list[str] = []
    removed: list[ResizablePod] = []

    def start(name: str) -> ResizablePod:
        started.append(name)
        return observed.pod

    assert quickest_start(start, removed.append, below_s=2) == (observed.pod, 1.5)
    assert started == ["large-1", "large-2"]
    assert removed == [observed.pod]


def test_slow_starts_are_told_in_the_end(observed: ObservedPod) -> None:
    observed.api.texts.extend(["ready 1.00 6.00", "ready 11.00 15.50", "ready 21.00 26.00"])
    assert quickest_start(lambda _: observed.pod, lambda _: None, below_s=2) == (observed.pod, 4.5)


def test_status_delay_counts_from_the_cgroup(observed: ObservedPod) -> None:
    observed.pod.resize(NEW)
    observed.show(pod_object(NEW, OLD))
    observed.cgroups(NEW)
    observed.soon(lambda: observed.show(pod_object(NEW)), 0.1)
    assert 0.09 <= status_delay_s(observed.pod) < 5


def test_grant_counts_from_when_there_was_room(observed: ObservedPod) -> None:
    observed.pod.resize(NEW)
    observed.show(pod_object(NEW, OLD, conditions=(condition("PodResizePending", "Deferred"),)))
    observed.soon(lambda: observed.grant(NEW), 0.1)
    since = time.monotonic()
    assert 0.09 <= granted_after_s(observed.pod, since=since, deadline_s=5) < 5
    observed.pod.resize(OLD)
    with pytest.raises(ConformanceError, match="in the cgroups: not within 0 s"):
        granted_after_s(observed.pod, since=since, deadline_s=0.05)
