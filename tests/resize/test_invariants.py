from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.cgroup_formula import cpu_quota_us
from resize.invariants import broken_invariants
from tests.resize.observed_pod import NEW, OLD, ObservedPod
from tests.resize.pod_objects import pod_object
from tests.resize.readings import reading

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def observed() -> Iterator[ObservedPod]:
    made = ObservedPod()
    made.run()
    yield made
    made.close()


def test_old_and_new_values_may_be_mixed(observed: ObservedPod) -> None:
    observed.show(pod_object(NEW))
    observed.cgroups(OLD.with_changes(memory_limit_bytes=NEW.memory_limit_bytes))
    observed.cgroups(NEW)
    assert broken_invariants(observed.pod) == []


def test_value_that_was_never_asked_for(observed: ObservedPod) -> None:
    observed.show(pod_object(NEW))
    observed.cgroups(OLD, pod=OLD.with_cpu("150m"))
    observed.cgroups(NEW)
    quota, weight = broken_invariants(observed.pod)
    assert quota.startswith("pod idle never asked for this: pod cgroup: /sys/fs/cgroup/kubepods/pod31ac1e5a/cpu.max")
    assert f"is {cpu_quota_us(150)} us" in quota
    assert "cpu.weight" in weight


def test_limit_that_goes_for_a_moment(observed: ObservedPod) -> None:
    observed.observer.history.cgroup("stress", reading(OLD.with_changes(memory_limit_bytes=None)))
    (line,) = broken_invariants(observed.pod)
    assert "container cgroup: /sys/fs/cgroup/kubepods/pod31ac1e5a/container/memory.max is no limit" in line


def test_cgroup_that_is_gone_says_nothing(observed: ObservedPod) -> None:
    observed.observer.history.cgroup("stress", None)
    assert broken_invariants(observed.pod) == []


def test_pod_that_never_ran_has_no_values() -> None:
    assert broken_invariants(ObservedPod().pod) == []


@pytest.mark.parametrize(
    ("message", "broken"),
    [
        ("Stopping container stress", False),
        ("Container stress resize requires restart, will be restarted", True),
        ("Container stress definition changed, will be restarted", True),
    ],
)
def test_restart_without_a_policy(observed: ObservedPod, message: str, broken: bool) -> None:
    observed.tell("Killing", message)
    assert bool(broken_invariants(observed.pod)) is broken


def test_restart_by_a_kubelet_that_can_not_resize(observed: ObservedPod) -> None:
    observed.pod.restarts_on_change = True
    observed.tell("Killing", "Container stress definition changed, will be restarted")
    assert broken_invariants(observed.pod) == []


def test_restart_by_policy(observed: ObservedPod) -> None:
    document = pod_object(OLD)
    document["spec"]["containers"][0]["resizePolicy"] = [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]
    document["spec"]["containers"][0]["resources"] = NEW.to_json()
    observed.show(document)
    observed.tell("Killing", "Container stress resize requires restart, will be restarted")
    assert broken_invariants(observed.pod) == []


def test_event_of_a_resize_that_nobody_asked_for(observed: ObservedPod) -> None:
    observed.tell("ResizeCompleted", "Pod resize completed: {}")
    assert broken_invariants(observed.pod) == [
        "pod idle was never resized, and an event says ResizeCompleted: Pod resize completed: {}"
    ]
    observed.pod.resize(NEW)
    assert broken_invariants(observed.pod) == []


def test_events_of_a_pod_that_had_the_name_before(observed: ObservedPod) -> None:
    observed.observer.events.append(
        {"reason": "ResizeCompleted", "message": "", "type": "Normal", "involvedObject": {"uid": "another"}}
    )
    assert broken_invariants(observed.pod) == []


def test_pod_that_somebody_else_resized(observed: ObservedPod) -> None:
    observed.show(pod_object(NEW))
    observed.tell("ResizeCompleted", "Pod resize completed: {}")
    assert broken_invariants(observed.pod) == []
