from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

import pytest

from clusters.contract import ClusterError
from resize import sampler
from resize.resources import Resources
from resize.sampler import CgroupSampler
from tests.resize.containers_of_node import POD, NodeOfContainers
from tests.resize.pod_objects import FIRST_ID, SECOND_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from resize.cgroup import CgroupReading

OLD = Resources.guaranteed(cpu="100m", memory="64Mi")
NEW = Resources.guaranteed(cpu="200m", memory="128Mi")
UID = "31ac1e5a"
FIRST_CGROUP = f"{POD}/{FIRST_ID}"


class Sampled:
    """A running sampler and what it told."""

    def __init__(self, node: NodeOfContainers) -> None:
        self.node = node
        self.changes: queue.Queue[tuple[str | None, int | None]] = queue.Queue()
        self.usages: queue.Queue[float] = queue.Queue()
        self.failures: queue.Queue[Exception] = queue.Queue()
        self.sampler = CgroupSampler(
            node,
            on_change=self.on_change,
            on_usage=lambda milli, at: self.usages.put(milli),
            on_failure=self.failures.put,
        )

    def on_change(self, name: str | None, reading: CgroupReading | None, at: float) -> None:
        self.changes.put((name, reading.cpu_quota_us if reading else None))

    def next(self, count: int = 1) -> set[tuple[str | None, int | None]]:
        return {self.changes.get(timeout=5) for _ in range(count)}


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sampled]:
    monkeypatch.setattr(sampler, "CALM_S", 0.01)
    monkeypatch.setattr(sampler, "USAGE_EVERY_S", 0.05)
    node = NodeOfContainers()
    node.start(FIRST_ID, OLD)
    made = Sampled(node)
    made.sampler.start()
    yield made
    made.sampler.close()
    assert not made.sampler._thread.is_alive()


def test_both_levels_are_told_of_when_they_change(sampled: Sampled) -> None:
    sampled.sampler.follow(UID, {"stress": FIRST_ID}, any_ended=False)
    assert sampled.next(2) == {("stress", 10_000), (None, 10_000)}
    sampled.node.write(FIRST_CGROUP, NEW)
    assert sampled.next() == {("stress", 20_000)}
    sampled.node.write(POD, NEW)
    assert sampled.next() == {(None, 20_000)}
    assert sampled.changes.empty()
    reader = sampled.sampler.reader("stress")
    assert reader is not None
    assert reader.memory_usage_bytes("container") == 1 << 20


def test_container_that_vanishes_is_told_as_none_and_its_pod_stays(sampled: Sampled) -> None:
    sampled.sampler.follow(UID, {"stress": FIRST_ID}, any_ended=False)
    sampled.next(2)
    sampled.node.end(FIRST_ID)
    assert sampled.next() == {("stress", None)}
    sampled.sampler.follow(UID, {}, any_ended=False)
    sampled.node.write(POD, NEW)
    assert sampled.next() == {(None, 20_000)}
    assert sampled.sampler.reader("stress") is None
    assert sampled.sampler.paths is not None


def test_restarted_container_is_followed_to_its_new_cgroup(sampled: Sampled) -> None:
    sampled.sampler.follow(UID, {"stress": FIRST_ID}, any_ended=False)
    sampled.next(2)
    sampled.node.end(FIRST_ID)
    sampled.next()
    sampled.node.start(SECOND_ID, NEW)
    sampled.sampler.follow(UID, {"stress": SECOND_ID}, any_ended=False)
    assert sampled.next(2) == {("stress", 20_000), (None, 20_000)}
    assert sampled.sampler.readings()["stress"] is not None


def test_usage_is_the_mean_between_two_looks(sampled: Sampled, monkeypatch: pytest.MonkeyPatch) -> None:
    sampled.sampler.follow(UID, {"stress": FIRST_ID}, any_ended=False)
    sampled.next(2)
    assert sampled.usages.get(timeout=5) == 0
    sampled.node.write(POD, OLD, usage_us=20_000)
    found = next(milli for milli in iter(lambda: sampled.usages.get(timeout=5), None) if milli)
    # 20 ms of CPU time within one or two looks of 50 ms, on a machine that may be slow.
    assert 0 < found <= 400


def test_layout_that_makes_no_sense_is_a_failure(sampled: Sampled) -> None:
    sampled.node.start(SECOND_ID, OLD, told="/elsewhere")
    sampled.sampler.follow(UID, {"stress": SECOND_ID}, any_ended=False)
    assert "its cgroupsPath is /elsewhere" in str(sampled.failures.get(timeout=5))


def test_failing_node_is_a_failure(sampled: Sampled) -> None:
    sampled.node.failure = ClusterError("the node is gone")
    sampled.sampler.follow(UID, {"stress": FIRST_ID}, any_ended=False)
    assert sampled.failures.get(timeout=5) is sampled.node.failure


def test_one_command_without_an_answer_is_no_failure(sampled: Sampled, monkeypatch: pytest.MonkeyPatch) -> None:
    run, asked = sampled.node.run, iter([ClusterError("it did not end in 10 s")])

    def run_but_once(arguments: Sequence[str], *, timeout_s: float) -> str:
        for error in asked:
            raise error
        return run(arguments, timeout_s=timeout_s)

    monkeypatch.setattr(sampled.node, "run", run_but_once)
    sampled.sampler.follow(UID, {"stress": FIRST_ID}, any_ended=False)
    assert sampled.next(2) == {("stress", 10_000), (None, 10_000)}
    assert sampled.failures.empty()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_anything_else_that_ends_the_reading_is_a_failure_too(sampled: Sampled) -> None:
    sampled.node.write(FIRST_CGROUP, OLD)
    sampled.node.files[f"/sys/fs/cgroup{FIRST_CGROUP}/cpu.weight"] = "nonsense"
    sampled.sampler.follow(UID, {"stress": FIRST_ID}, any_ended=False)
    told = str(sampled.failures.get(timeout=5))
    assert told.startswith("the cgroups on node node are not read any more: ValueError(")


def test_reading_that_waits_for_something_is_told_with_the_place(
    sampled: Sampled, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled.sampler.follow(UID, {"stress": FIRST_ID}, any_ended=False)
    sampled.next(2)
    assert sampled.sampler.stalled() is None
    answer = threading.Event()

    def never_read(paths: Sequence[str]) -> list[str | None]:
        answer.wait(5)
        return [None for _ in paths]

    monkeypatch.setattr(sampler, "STALE_S", 0.1)
    monkeypatch.setattr(sampled.node, "read_texts", never_read)
    told = next(text for text in iter(sampled.sampler.stalled, "") if text)
    answer.set()
    assert told.startswith("the cgroups on node node were last read 0 s ago: the thread that reads them is:\n")
    assert "test_sampler.py" in told
    assert "in never_read" in told
    assert "in test_reading_that_waits" not in told


def test_hurry_reads_densely_and_wakes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "CALM_S", 60.0)
    node = NodeOfContainers()
    node.start(FIRST_ID, OLD)
    made = Sampled(node)
    made.sampler.follow(UID, {"stress": FIRST_ID}, any_ended=False)
    made.sampler.start()
    made.next(2)
    begun = time.monotonic()
    made.sampler.hurry()
    node.write(FIRST_CGROUP, NEW)
    assert made.next() == {("stress", 20_000)}
    node.write(FIRST_CGROUP, OLD)
    assert made.next() == {("stress", 10_000)}
    assert time.monotonic() - begun < 5
    made.sampler.close()
    assert not made.sampler._thread.is_alive()
