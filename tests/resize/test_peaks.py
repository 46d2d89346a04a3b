from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize import peaks
from resize.observer import ConformanceError
from resize.resources import Resources
from tests.resize.containers_of_node import POD
from tests.resize.observed_pod import ObservedPod
from tests.resize.pod_objects import condition, pod_object, restarted

if TYPE_CHECKING:
    from collections.abc import Iterator

HIGH = Resources.guaranteed(cpu="500m", memory="150M")
LOW = Resources.guaranteed(cpu="500m", memory="100M")
OOM = {"terminated": {"reason": "OOMKilled"}}
HELD_BACK = (condition("PodResizeInProgress", "Error"),)


class Measures:
    def __init__(self) -> None:
        self.figures: dict[str, float] = {}

    def measure(self, name: str, value: float, unit: str, *, expected: str = "") -> None:
        self.figures[name] = value


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peaks, "PEAK_DEADLINE_S", 0.3)
    monkeypatch.setattr(peaks, "LOWERED_DEADLINE_S", 0.2)


@pytest.fixture
def observed() -> Iterator[ObservedPod]:
    made = ObservedPod(resources=HIGH)
    made.run(HIGH)
    yield made
    made.close()


def test_peak_is_seen_in_the_cgroup(observed: ObservedPod) -> None:
    with pytest.raises(ConformanceError, match="took no 130000000 bytes"):
        peaks.until_peak(observed.pod)
    observed.node.files[f"/sys/fs/cgroup{POD}/memory.current"] = "134217728\n"
    peaks.until_peak(observed.pod)


def test_lowered_then_killed(observed: ObservedPod) -> None:
    measures = Measures()
    observed.pod.resize(LOW)
    observed.soon(lambda: observed.cgroups(LOW), 0.02)
    observed.soon(lambda: observed.show(restarted(pod_object(LOW), "OOMKilled")), 0.06)
    peaks.assert_next_peak_kills(observed.pod, measures)
    assert measures.figures["limit below the peaks set after"] < measures.figures["OOM-killed after"]


def test_killed_by_the_write_itself(observed: ObservedPod) -> None:
    observed.pod.resize(LOW)
    observed.soon(lambda: observed.show(pod_object(LOW, HIGH, state=OOM)), 0.02)
    observed.soon(lambda: observed.show(restarted(pod_object(LOW), "OOMKilled")), 0.04)
    observed.soon(lambda: observed.cgroups(LOW, HIGH), 0.06)
    peaks.assert_next_peak_kills(observed.pod, Measures())


def test_never_lowered_and_told(observed: ObservedPod) -> None:
    measures = Measures()
    observed.pod.resize(LOW)
    observed.show(pod_object(LOW, HIGH, conditions=HELD_BACK))
    peaks.assert_next_peak_kills(observed.pod, measures)
    assert measures.figures == {}


def test_never_lowered_and_not_told(observed: ObservedPod) -> None:
    observed.pod.resize(LOW)
    observed.show(pod_object(LOW, HIGH))
    with pytest.raises(ConformanceError, match="one that tells that the limit is not set"):
        peaks.assert_next_peak_kills(observed.pod, Measures())


def test_peak_above_the_limit(observed: ObservedPod) -> None:
    observed.pod.resize(LOW)
    observed.grant(LOW)
    with pytest.raises(ConformanceError, match="OOM-killed at its next peak: not within"):
        peaks.assert_next_peak_kills(observed.pod, Measures())


def test_status_does_not_tell_of_the_kill(observed: ObservedPod) -> None:
    observed.pod.resize(LOW)
    observed.cgroups(LOW)
    observed.show(restarted(pod_object(LOW), "Error"))
    with pytest.raises(ConformanceError, match="ended by Error"):
        peaks.assert_next_peak_kills(observed.pod, Measures())


def test_killed_though_no_limit_was_lowered(observed: ObservedPod) -> None:
    observed.pod.resize(LOW)
    observed.show(restarted(pod_object(LOW, HIGH), "OOMKilled"))
    with pytest.raises(ConformanceError, match=r"the limit of pod idle lowered, as it was OOM-killed: not within"):
        peaks.assert_next_peak_kills(observed.pod, Measures())
