from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from clusters.contract import ClusterError
from clusters.docker.removal import Traces
from clusters.local import keeping
from clusters.local.removal import remove, remove_abandoned
from clusters.local.state import ClusterFolder, clusters_root, folders, sweep


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESIZE_CONFORMANCE_STATE", str(tmp_path))
    return tmp_path / "clusters"


def _cluster(root: Path, name: str, *, init_pid: int | None = None) -> ClusterFolder:
    """A folder with a lock, as a killed owner and warden leave them."""
    folder = ClusterFolder(root / name)
    os.close(keeping.take(folder.path))
    (folder.path / "pki").mkdir(parents=True)
    if init_pid is not None:
        state = {"warden_pid": 2**22 + 1, "init_pid": init_pid, "port": 1, "created": time.time()}
        (folder.path / "state.json").write_text(json.dumps(state), encoding="utf-8")
    return folder


def test_nothing_there(root: Path) -> None:
    assert clusters_root() == root
    assert folders() == []
    assert sweep() == []
    assert not root.exists()


def test_folders_are_those_with_a_lock_alone_too(root: Path) -> None:
    _cluster(root, "b")
    os.close(keeping.take(root / "a"))
    (root / "c").mkdir()
    assert [folder.name for folder in folders()] == ["a", "b", "c"]


def test_sweep_removes_the_abandoned_and_leaves_the_others(root: Path) -> None:
    _cluster(root, "abandoned-cluster-of-a-test")
    os.close(keeping.take(root / "lock-alone-of-a-test"))
    held = _cluster(root, "held-cluster-of-a-test")
    descriptor = keeping.take(held.path)
    assert sweep() == ["abandoned-cluster-of-a-test", "lock-alone-of-a-test"]
    assert sorted(path.name for path in root.iterdir()) == ["held-cluster-of-a-test", "held-cluster-of-a-test.lock"]
    os.close(descriptor)
    assert sweep() == ["held-cluster-of-a-test"]
    assert list(root.iterdir()) == []


def test_sweep_ends_no_process_that_only_has_the_pid(root: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        _cluster(root, "abandoned-cluster-of-a-test", init_pid=stranger.pid)
        assert sweep() == ["abandoned-cluster-of-a-test"]
        assert stranger.poll() is None
        stranger.kill()


def test_sweep_ends_an_init_that_outlived_its_warden(root: Path) -> None:
    # The words that tell an init are on this one's command line.
    command = ["bash", "-c", "sleep 60; true", "-m", "clusters.local.init"]
    with subprocess.Popen(command, start_new_session=True) as init:
        children: list[psutil.Process] = []
        while not children:
            children = psutil.Process(init.pid).children()
        _cluster(root, "abandoned-cluster-of-a-test", init_pid=init.pid)
        sweep()
        assert not psutil.pid_exists(init.pid)
        for child in children:
            child.kill()


def test_containers_of_an_engine_that_does_not_run_are_left_for_later(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    (root / "a").mkdir(parents=True)
    Traces("k3d.cluster", "a").note(root / "a")
    (root / "b").mkdir()
    assert sweep() == ["b"]
    assert (root / "a").exists()
    with pytest.raises(ClusterError, match="no Docker engine answers"):
        remove(ClusterFolder(root / "a"))


def test_remove_refuses_a_cluster_that_somebody_starts(root: Path) -> None:
    descriptor = keeping.take(root / "a")
    with pytest.raises(ClusterError, match="cluster a is being started or removed by another process"):
        remove(ClusterFolder(root / "a"))
    os.close(descriptor)
    remove(ClusterFolder(root / "a"))
    assert list(root.iterdir()) == []


def test_removing_what_is_gone_is_as_good(root: Path) -> None:
    remove(ClusterFolder(root / "a"))
    assert remove_abandoned(ClusterFolder(root / "a"))
    assert not root.exists()


def test_ended_processes_and_up(root: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as first:
        folder = _cluster(root, "a", init_pid=first.pid)
        assert folder.ended_processes() == []
        assert folder.is_up
        events = [
            {"event": "up", "at": 1.0},
            {"event": "started", "name": "etcd", "pid": 8},
            {"event": "ended", "name": "etcd", "code": -9},
        ]
        (folder.path / "status.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))
        assert folder.ended_processes() == [("etcd", -9)]
        first.kill()
        # Not waited for yet: a zombie runs nothing.
        while psutil.Process(first.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert not folder.is_up
    assert not folder.is_up
    assert not ClusterFolder(root / "none").is_up
