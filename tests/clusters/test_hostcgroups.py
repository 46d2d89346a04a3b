from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from clusters.local import hostcgroups
from clusters.local.hostcgroups import CgroupError, Hierarchy, hierarchies

V1 = """\
sysfs /sys sysfs rw,nosuid 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,nosuid,relatime,name=systemd 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
"""


def test_v1() -> None:
    found = {hierarchy.mount.name: hierarchy for hierarchy in hierarchies(V1)}
    assert {"cpu", "cpuacct"} <= found["cpu,cpuacct"].controllers
    assert found["memory"].controllers & {"cpu", "memory", "pids"} == {"memory"}
    assert found["systemd"].controllers & {"cpu", "memory"} == set()
    assert not any(hierarchy.unified for hierarchy in found.values())


def test_v2(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n", encoding="ascii")
    (found,) = hierarchies(f"cgroup2 {tmp_path} cgroup2 rw,nosuid,nsdelegate 0 0\n")
    assert found == Hierarchy(tmp_path, frozenset({"cpuset", "cpu", "io", "memory", "pids"}), unified=True)


def test_hybrid_has_an_empty_unified_hierarchy_beside_v1(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("\n", encoding="ascii")
    found = hierarchies(f"{V1}cgroup2 {tmp_path} cgroup2 rw 0 0\n")
    assert [hierarchy.controllers for hierarchy in found if hierarchy.unified] == [frozenset()]
    assert len(found) == 4


def test_a_place_that_is_mounted_over_counts_once() -> None:
    assert len(hierarchies(V1 + V1)) == 3


def test_no_cgroups_at_all() -> None:
    assert hierarchies("tmpfs /run tmpfs rw 0 0\n") == []


@pytest.fixture
def v2_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for a cgroup v2 file system, as far as directories go."""
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory", encoding="ascii")
    monkeypatch.setattr(
        hostcgroups, "hierarchies", lambda: [Hierarchy(tmp_path, frozenset({"cpu", "memory"}), unified=True)]
    )
    return tmp_path


def test_missing_controller_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostcgroups, "hierarchies", lambda: [Hierarchy(tmp_path, frozenset({"cpu"}), unified=False)])
    with pytest.raises(CgroupError, match="no cgroup controller 'memory'"):
        hostcgroups.create_subtree("a")
    assert list(tmp_path.iterdir()) == []


def test_a_cgroup_with_processes_of_others_is_left_alone(v2_host: Path) -> None:
    (v2_host / "a").mkdir()
    with subprocess.Popen(["sleep", "60"]) as other:
        (v2_host / "a" / "cgroup.procs").write_text(f"{other.pid}\n", encoding="ascii")
        with pytest.raises(CgroupError, match=f"in use by 1 processes, such as {other.pid}"):
            hostcgroups.create_subtree("a")
        assert other.poll() is None
        other.kill()


def test_processes_left_in_a_subtree_are_killed(v2_host: Path) -> None:
    leaf = v2_host / "a" / "system"
    leaf.mkdir(parents=True)
    with subprocess.Popen(["sleep", "60"]) as left:
        # A real cgroup directory goes with its files in it; this one stays busy until they are removed by hand.
        (leaf / "cgroup.procs").write_text(f"{left.pid}\n", encoding="ascii")
        assert hostcgroups._remove_bottom_up(v2_host / "a") == leaf
        assert left.wait(timeout=5) == -9
    (leaf / "cgroup.procs").unlink()
    hostcgroups.remove_subtree("a")
    assert not (v2_host / "a").exists()


def test_what_does_not_go_is_named(v2_host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostcgroups, "KILL_PATIENCE_S", 0.05)
    busy = v2_host / "a" / "system"
    busy.mkdir(parents=True)
    (busy / "file").touch()
    with pytest.raises(CgroupError, match=str(busy)):
        hostcgroups.remove_subtree("a")
