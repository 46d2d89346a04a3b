"""However the life of a cluster ends, nothing of it is left ten seconds later, or after the next start's sweep."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from clusters.local.state import sweep
from selftests.leaks.traces import host_state, left, left_running, on_disk

if TYPE_CHECKING:
    from collections.abc import Callable

    from selftests.leaks.conftest import StartOwner
    from selftests.leaks.owners import Owner

pytestmark = [pytest.mark.usefixtures("unchanged_host"), pytest.mark.timeout(120)]


def _with_pod(owner: Owner) -> None:
    owner.hear("ready")
    owner.tell("pod")
    owner.hear("pod")


def _destroying(owner: Owner) -> None:
    owner.hear("ready")
    owner.tell("destroy")
    owner.hear("destroying")


def _busy(owner: Owner) -> None:
    """Wait for processes of each sort: on a host node a pod's have cgroups of their own, a machine's are its alone."""
    if owner.node == "host":
        _with_pod(owner)
    else:
        owner.wait_for_process("kubelet")


#: When the owner is killed, by the kind of node: every moment at which something else is there to be left.
MOMENTS: dict[str, dict[str, Callable[[Owner], None]]] = {
    "host": {
        "namespaces": lambda owner: owner.wait_for_namespaces(),
        "waiting for the API": lambda owner: owner.wait_for_process("kube-apiserver"),
        "waiting for the node": lambda owner: owner.wait_for_process("kube-scheduler"),
        "pod": _with_pod,
        "destroying": _destroying,
    },
    "uml": {
        "namespaces": lambda owner: owner.wait_for_namespaces(),
        "booting": lambda owner: owner.wait_for_process("machine"),
        "containerd": lambda owner: owner.wait_for_process("containerd"),
        "ready": lambda owner: owner.hear("ready"),
        "pod": _with_pod,
    },
}
BY_MOMENT = [
    pytest.param(node, reach, id=f"{node}, {moment}") for node in MOMENTS for moment, reach in MOMENTS[node].items()
]
#: What runs of a cluster with a pod.
SEEN = {
    "host": ("/run/node/bin/kubelet ", "stress --vm 1"),
    "uml": ("/run/node/uml/linux mem=", "uml-userspace"),
}
CGROUPS = "/sys/fs/cgroup"


@pytest.mark.parametrize(("node", "reach"), BY_MOMENT, indirect=["node"])
def test_owner_killed(owner: StartOwner, reach: Callable[[Owner], None]) -> None:
    """A killed owner's cluster is taken down by its warden, without anybody's help."""
    started = owner()
    reach(started)
    started.kill()
    assert left(started.name, started.root) == []


def test_owner_killed_with_the_lock_alone(owner: StartOwner) -> None:
    """An owner that is killed before there is a warden leaves files, which the next sweep removes."""
    started = owner()
    started.wait_for_lock()
    started.kill()
    assert left_running(started.name) == []
    sweep()
    assert on_disk(started.name, started.root) == []


def test_warden_killed(owner: StartOwner) -> None:
    """The kernel ends the processes of a killed warden; its owner removes the rest."""
    started = owner()
    started.hear("ready")
    os.kill(started.pid_of("warden"), signal.SIGKILL)
    assert left_running(started.name, but=started.process.pid) == []
    started.tell("destroy")
    started.hear("destroying")
    started.hear("gone")
    assert started.wait() == 0
    assert left(started.name, started.root, patience_s=1) == []


def test_warden_and_owner_killed(owner: StartOwner) -> None:
    """If both are killed, the processes end at once and the next sweep removes the files."""
    started = owner()
    _busy(started)
    os.kill(started.pid_of("warden"), signal.SIGKILL)
    started.kill()
    assert left_running(started.name) == []
    assert on_disk(started.name, started.root) != []
    assert sweep() == [started.name]
    assert on_disk(started.name, started.root) == []


def test_warden_killed_during_the_start(owner: StartOwner) -> None:
    """The owner notices, says so, and leaves nothing."""
    started = owner()
    started.wait_for_process("kube-apiserver")
    os.kill(started.pid_of("warden"), signal.SIGKILL)
    assert started.wait() == 1
    assert "its warden was" in started.last_words()
    assert left(started.name, started.root, patience_s=1) == []


def test_init_killed(owner: StartOwner) -> None:
    """The first process of the namespaces takes all others with it, and the warden removes the rest."""
    started = owner()
    _busy(started)
    os.kill(started.pid_of("init"), signal.SIGKILL)
    assert left(started.name, started.root, but=started.process.pid) == []


@pytest.mark.parametrize(
    ("node", "number"),
    [("host", signal.SIGINT), ("host", signal.SIGTERM), ("uml", signal.SIGINT)],
    indirect=["node"],
)
def test_owner_interrupted_during_the_start(owner: StartOwner, number: signal.Signals) -> None:
    """Ctrl-C and a polite end leave as little as a murder."""
    started = owner()
    started.wait_for_process("kube-apiserver")
    assert started.kill(number) != 0
    assert left(started.name, started.root) == []


def test_start_fails(owner: StartOwner) -> None:
    """A component that ends fails the start with its last words, and its cluster is gone by then."""
    started = owner(kubelet_configuration={"evictionHard": {"memory.available": "plenty"}})
    assert started.wait() == 1
    assert left(started.name, started.root, patience_s=0) == []
    told = started.last_words()
    assert "kubelet ended with exit code 1" in told
    assert "quantities must match" in told
    assert str(started.logs / "kubelet.log") in told
    assert "Traceback" not in told


def test_normal_end(owner: StartOwner, unchanged_host: dict[str, object]) -> None:
    """A destroyed cluster is gone when destroy returns, and while it runs the host is as it was before."""
    started = owner("1.30.14")
    _with_pod(started)
    # Whoever looks for traces must see those of a cluster that runs: its processes, its cgroups, its files.
    seen = left(started.name, started.root, patience_s=0, but=started.process.pid)
    for trace in (*SEEN[started.node], f"{started.folder.path} exists", f"{started.name}.lock exists"):
        assert any(trace in line for line in seen), (trace, seen)
    assert any(line.startswith(CGROUPS) for line in seen) == (started.node == "host")
    assert host_state() == unchanged_host
    started.tell("destroy")
    started.hear("destroying")
    started.hear("gone")
    assert started.wait() == 0
    assert left(started.name, started.root, patience_s=0) == []
