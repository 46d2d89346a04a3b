"""User-mode nodes as the suite reaches them: files, processes, logs, restarts, and word of what ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from clusters.contract import ClusterError
from clusters.uml import agent
from clusters.uml.agent import MachineNode
from selftests.leaks.cluster import Cluster, own_state
from selftests.leaks.owner import POD_NAME, PODS, start_pod

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clusters.api import Json

pytestmark = [pytest.mark.timeout(180), pytest.mark.parametrize("node", ["uml"], indirect=True)]

TIMEOUT_S = 60.0
MEMORY_LIMIT_BYTES = 64 << 20
#: Of eight GiB on the disk of a node with one pod, and so of a file that is nearly all hole.
MOST_DISK_BYTES = 1 << 30


class Pair:
    """A cluster of two user-mode nodes, the second of which runs a pod."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        machines = [node for node in cluster.nodes if isinstance(node, MachineNode)]
        self.first, self.second = machines
        self.pod = start_pod(cluster.record, node_name=self.second.name)

    @property
    def container(self) -> Json:
        """The pod's container, as its status tells."""
        status: Json = self.cluster.api.get(f"{PODS}/{POD_NAME}")["status"]["containerStatuses"][0]
        return status

    @property
    def faults(self) -> list[str]:
        """What the provider finds broken."""
        return self.cluster.provider.faults(self.cluster.record)

    def ready(self, node_name: str) -> Json:
        """A node's Ready condition."""
        conditions = self.cluster.api.get(f"/api/v1/nodes/{node_name}")["status"]["conditions"]
        return next(condition for condition in conditions if condition["type"] == "Ready")

    def kernels(self) -> dict[int, psutil.Process]:
        """The processes that are the nodes' kernels, by the node's index."""
        inside = psutil.Process(self.cluster.init_pid).children()
        return {
            index: process
            for process in inside
            for index in range(2)
            if f"NODE_SPEC=/run/node/orders-{index}.json" in process.cmdline()
        }


@pytest.fixture(scope="module")
def pair(node: str) -> Iterator[Pair]:
    """The cluster of this module."""
    with own_state() as state:
        made = Cluster(state, "leak-machines", node=node, nodes=2)
        try:
            yield Pair(made)
        finally:
            made.destroy()


def test_each_node_is_read_by_itself(pair: Pair) -> None:
    """Both nodes are Ready, and a pod's cgroup and processes are on its own node alone."""
    assert [pair.ready(node.name)["status"] for node in (pair.first, pair.second)] == ["True", "True"]
    uid = pair.pod["metadata"]["uid"]
    container_id = pair.container["containerID"].removeprefix("containerd://")
    limit = f"/sys/fs/cgroup/kubepods/pod{uid}/{container_id}/memory.max"
    wanted = ["/proc/sys/kernel/hostname", "/nowhere", limit]
    assert pair.second.read_texts(wanted) == [f"{pair.second.name}\n", None, f"{MEMORY_LIMIT_BYTES}\n"]
    assert pair.first.read_texts(wanted) == [f"{pair.first.name}\n", None, None]
    with pytest.raises(FileNotFoundError):
        pair.first.read_text(limit)

    assert pair.container["restartCount"] == 0, pair.container
    assert "stress --vm 1" in (listed := pair.second.run(["ps"])), listed
    assert "stress" not in pair.first.run(["ps"])
    for node in (pair.first, pair.second):
        assert "/run/node/bin/kubelet " in node.run(["ps"])
    with pytest.raises(ClusterError, match=rf"on node {pair.first.name} `cat /nowhere` ended with 1: .*No such file"):
        pair.first.run(["cat", "/nowhere"])
    with pytest.raises(ClusterError, match=r"did not end in 200ms"):
        pair.first.run(["sleep", "60"], timeout_s=0.2)


def test_logs_outlive_the_nodes(pair: Pair) -> None:
    """Each component of each node writes a file of its own to the folder of logs, which is the host's."""
    for component, word in (("kubelet", "kubelet"), ("containerd", "containerd"), ("machine", "Linux version")):
        for log in (f"{component}.log", f"{component}-2.log"):
            assert word in (pair.cluster.logs / log).read_text(encoding="utf-8", errors="replace"), log


def test_nodes_take_little_of_the_host(pair: Pair) -> None:
    """A node's memory is a file of the cluster's own /dev/shm, and its disk is mostly hole."""
    kernels = pair.kernels()
    assert sorted(kernels) == [0, 1]
    for index, kernel in kernels.items():
        opened = [Path(f"/proc/{kernel.pid}/fd/{number.name}") for number in Path(f"/proc/{kernel.pid}/fd").iterdir()]
        memory = [file.stat() for file in opened if str(file.readlink()).startswith("/dev/shm/")]
        assert [found.st_dev == Path("/dev/shm").stat().st_dev for found in memory] == [False]
        disk = (pair.cluster.folder.path / f"disk-{index}").stat()
        assert disk.st_size == 8 << 30
        assert disk.st_blocks * 512 < MOST_DISK_BYTES


@pytest.mark.parametrize("component", ["kubelet", "containerd"])
def test_restart_keeps_containers(pair: Pair, component: str) -> None:
    """A restarted component comes back in another process, and the pod runs on in the same ones."""
    node, container, before = pair.second, pair.container, datetime.now(UTC).replace(microsecond=0)
    component_pid, stress_pids = node.run(["pidof", component]), node.run(["pidof", "stress"])
    node.stop(component)
    node.start(component)
    _until(lambda: _pid(node, component) not in {None, component_pid})
    # The kubelet and the runtime work together again: a command runs in the container.
    _until(lambda: _exec_works(pair))
    if component == "kubelet":
        # It says so in the first status of its new life.
        _until(lambda: datetime.fromisoformat(pair.ready(node.name)["lastHeartbeatTime"]) >= before)
    _until(lambda: pair.ready(node.name)["status"] == "True")
    assert pair.container["containerID"] == container["containerID"]
    assert pair.container["restartCount"] == 0
    assert node.run(["pidof", "stress"]) == stress_pids
    assert pair.faults == []


def test_stop_of_nothing(pair: Pair) -> None:
    """What does not run on the node is named, with the node."""
    with pytest.raises(ClusterError, match=rf"on node {pair.second.name}: no component etcd-2 runs here"):
        pair.second.stop("etcd")


def test_what_ends_is_told(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A component and a kernel that nobody asked to end are faults, each with its last words; the last test here."""
    assert pair.faults == []
    pair.second.run(["kill", "-9", pair.second.run(["pidof", "kubelet"]).strip()])
    _until(lambda: pair.faults != [])
    (fault,) = pair.faults
    assert fault.startswith("kubelet-2 was ended by signal 9.")
    assert str(pair.cluster.logs / "kubelet-2.log") in fault

    kernel = pair.kernels()[0]
    others = [process for process in kernel.children(recursive=True) if process.is_running()]
    assert len(others) > 2
    os.kill(kernel.pid, signal.SIGKILL)
    _until(lambda: len(pair.faults) == 2)
    fault = next(fault for fault in pair.faults if "kubelet" not in fault.splitlines()[0])
    assert fault.startswith("machine was ended by signal 9.")
    log = pair.cluster.logs / "machine.log"
    assert log.read_text(encoding="utf-8", errors="replace").splitlines()[-1] in fault
    assert str(log) in fault
    # What the kernel ran goes with it.
    _until(lambda: not [process for process in others if _alive(process)])
    # Nobody is at the other end of the wire any more, so that nothing but the time limit ends the question.
    monkeypatch.setattr(agent, "_SPARE_S", 1.0)
    with pytest.raises(ClusterError, match=rf"node {pair.first.name} does not answer"):
        pair.first.read_text("/proc/uptime")
    assert pair.second.read_text("/proc/uptime")


def _pid(node: MachineNode, component: str) -> str | None:
    with suppress(ClusterError):
        return node.run(["pidof", component])
    return None


def _exec_works(pair: Pair) -> bool:
    command = pair.cluster.kubectl("exec", POD_NAME, "--", "true")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _until(there: Callable[[], Any]) -> None:
    """Return once it is so.

    Raises:
        AssertionError: It was not in time.
    """
    deadline = time.monotonic() + TIMEOUT_S
    while not there():
        assert time.monotonic() < deadline, f"not so after {TIMEOUT_S:.0f} s"
        time.sleep(0.1)
