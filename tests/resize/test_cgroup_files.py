"""The figures that people read in files of cgroup v2: limits, weights, OOM kills, names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize import oom_counts
from resize.cgroup_files import assert_files_show, assert_seed_path, assert_weights
from resize.cgroup_names import cgroups_path
from resize.observer import ConformanceError
from resize.oom_counts import OomKills, counted_after_first_kill, counted_oom_kills
from tests.resize.containers_of_node import POD
from tests.resize.observed_pod import OLD, ObservedPod
from tests.resize.pod_objects import FIRST_ID, pod_object, restarted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resize.cgroup_paths import CgroupDriver

UID = "aa80f5b5-d68b-4ab6-ac38-df493310068b"
EVENTS = "low 0\nhigh 0\nmax 9\noom 2\noom_kill {kills}\noom_group_kill {groups}\n"


class Measures:
    def measure(self, name: str, value: float, unit: str, *, expected: str = "") -> None:
        pass


@pytest.fixture
def observed(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObservedPod]:
    monkeypatch.setattr(oom_counts, "BACK_OFF_DEADLINE_S", 0.3)
    monkeypatch.setattr(oom_counts, "NOTICED_AFTER_S", 0.05)
    made = ObservedPod()
    made.run()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("qos_class", "driver", "path"),
    [
        ("Guaranteed", "cgroupfs", f"/kubepods/pod{UID}/{FIRST_ID}"),
        ("Burstable", "cgroupfs", f"/kubepods/burstable/pod{UID}/{FIRST_ID}"),
        (
            "Guaranteed",
            "systemd",
            f"kubepods-podaa80f5b5_d68b_4ab6_ac38_df493310068b.slice:cri-containerd:{FIRST_ID}",
        ),
        (
            "BestEffort",
            "systemd",
            f"kubepods-besteffort-podaa80f5b5_d68b_4ab6_ac38_df493310068b.slice:cri-containerd:{FIRST_ID}",
        ),
    ],
)
def test_name_of_a_containers_cgroup(qos_class: str, driver: CgroupDriver, path: str) -> None:
    assert cgroups_path(qos_class, UID, FIRST_ID, driver) == path


def test_path_that_the_runtime_names(observed: ObservedPod) -> None:
    assert_seed_path(observed.pod)
    another = pod_object(OLD)
    another["metadata"]["uid"] = "another"
    observed.show(another)
    with pytest.raises(ConformanceError, match=f"names the cgroup {POD}/{FIRST_ID}; expected .* /kubepods/podanother/"):
        assert_seed_path(observed.pod)


def test_files_of_both_levels(observed: ObservedPod) -> None:
    assert_files_show(observed.pod, memory_max="67108864", cpu_max="10000 100000")
    observed.node.files[f"/sys/fs/cgroup{POD}/cpu.max"] = "max 100000\n"
    with pytest.raises(ConformanceError, match=r"cpu.max of the pod is 'max 100000', expected '10000 100000'\n"):
        assert_files_show(observed.pod, memory_max="67108864", cpu_max="10000 100000")


@pytest.mark.parametrize(
    ("container", "pod", "wrong"),
    [(4, 4, None), (17, 4, None), (17, 17, "of the pod now is 17, expected 4"), (5, 4, "is 5, expected 4 or 17")],
)
def test_weights_where_the_runtime_is_not_known(
    observed: ObservedPod, container: int, pod: int, wrong: str | None
) -> None:
    observed.node.files[f"/sys/fs/cgroup{POD}/{FIRST_ID}/cpu.weight"] = f"{container}\n"
    observed.node.files[f"/sys/fs/cgroup{POD}/cpu.weight"] = f"{pod}\n"
    if wrong is None:
        assert_weights(observed.pod, Measures(), "now", linear=4, quadratic=17)
        return
    with pytest.raises(ConformanceError, match=wrong):
        assert_weights(observed.pod, Measures(), "now", linear=4, quadratic=17)


def test_weights_where_it_is(observed: ObservedPod) -> None:
    observed.pod.runtime_weight = "quadratic"
    with pytest.raises(ConformanceError, match="of the container now is 4, expected 17"):
        assert_weights(observed.pod, Measures(), "now", linear=4, quadratic=17)


def count(observed: ObservedPod, *, container: int, pod: int, groups: int) -> None:
    files = observed.node.files
    files[f"/sys/fs/cgroup{POD}/{FIRST_ID}/memory.events"] = EVENTS.format(kills=container, groups=0)
    files[f"/sys/fs/cgroup{POD}/memory.events"] = EVENTS.format(kills=pod, groups=groups)


def test_a_group_that_was_killed_is_counted_in_the_pod_alone(observed: ObservedPod) -> None:
    count(observed, container=0, pod=3, groups=1)
    with pytest.raises(ConformanceError, match="restarts, state, ended by"):
        counted_after_first_kill(observed.pod)
    observed.show(restarted(pod_object(OLD), "OOMKilled"))
    assert counted_after_first_kill(observed.pod) == OomKills(0, 3, 1) == counted_oom_kills(observed.pod)


@pytest.mark.parametrize(("container", "pod", "groups"), [(0, 0, 1), (3, 3, 1), (0, 3, 0), (0, 3, 2)])
def test_other_counts_after_a_group_was_killed(observed: ObservedPod, container: int, pod: int, groups: int) -> None:
    count(observed, container=container, pod=pod, groups=groups)
    observed.show(restarted(pod_object(OLD), "OOMKilled"))
    with pytest.raises(ConformanceError, match="expected 1 process or more in the pod, 1 group, and none"):
        counted_after_first_kill(observed.pod)


def test_one_process_is_killed_before_1_28(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oom_counts, "NOTICED_AFTER_S", 0.05)
    observed = ObservedPod("1.27")
    observed.run()
    count(observed, container=1, pod=1, groups=0)
    assert counted_after_first_kill(observed.pod) == OomKills(1, 1, 0)
    observed.close()
