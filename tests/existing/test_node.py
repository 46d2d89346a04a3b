from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING

import pytest
import websocket

from clusters.contract import ClusterError, NoNodeAccessError
from clusters.existing import nodeaccess, streams
from clusters.existing.node import HiddenNode, PodNode
from clusters.existing.ours import NAMESPACE, labels
from clusters.existing.streams import ExecPipe
from clusters.shell import Ended

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters.api import KubeApi
    from tests.existing.fake_cluster import FakeCluster

POD = f"/api/v1/namespaces/{NAMESPACE}/pods/node-access-x"
DAEMON_SETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets"
LACKS = Ended(127, "", "chroot: can't execute 'ctr': No such file or directory\n")


class Stream:
    """A command's streams, whose answers a test scripts."""

    def __init__(self, *answers: bytes | Exception, status: object = None) -> None:
        self.answers = deque(answers)
        self.sent: list[bytes] = []
        self.status = json.dumps(status or {"status": "Success"}).encode()
        self.closed = False

    def write_stdin(self, data: bytes) -> None:
        self.sent.append(data)

    def read_stdout(self, timeout: float | None = None) -> bytes:
        return self._next()

    def read_channel(self, channel: int, timeout: float = 0) -> bytes:
        return {1: b"out", 2: b"err", 3: self.status}[channel]

    def update(self, timeout: float = 0) -> None:
        self._next()

    def is_open(self) -> bool:
        return bool(self.answers)

    def close(self) -> None:
        self.closed = True

    def _next(self) -> bytes:
        answer = self.answers.popleft() if self.answers else b""
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_pipe_is_a_pipe() -> None:
    stream = Stream(b"", b"1\n", b"")
    pipe = ExecPipe(stream)
    pipe.send(b"r /a\n")
    assert (stream.sent, pipe.receive(5), pipe.receive(5)) == ([b"r /a\n"], b"1\n", b"")
    pipe.close()
    assert stream.closed
    with pytest.raises(TimeoutError, match="no answer in -1 s"):
        ExecPipe(Stream(*[b""] * 1000)).receive(-1)
    with pytest.raises(ConnectionError, match="broke off: gone"):
        ExecPipe(Stream(websocket.WebSocketException("gone"))).receive(5)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ({"status": "Success"}, 0),
        ({"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "3"}]}}, 3),
    ],
)
def test_how_a_command_ended(api: KubeApi, monkeypatch: pytest.MonkeyPatch, status: object, code: int) -> None:
    monkeypatch.setattr(api, "exec", lambda path, command: Stream(b"", status=status))
    assert streams.run(api, POD, ["true"], timeout_s=5) == Ended(code, "out", "err")


def test_a_command_that_does_not_end_or_was_never_run(api: KubeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "exec", lambda path, command: Stream(*[b""] * 1000))
    with pytest.raises(TimeoutError):
        streams.run(api, POD, ["true"], timeout_s=-1)
    broken = {"status": "Failure", "message": "no such container"}
    monkeypatch.setattr(api, "exec", lambda path, command: Stream(b"", status=broken))
    with pytest.raises(ConnectionError, match="no such container"):
        streams.run(api, POD, ["true"], timeout_s=5)


class Commands:
    """Takes the place of running commands in pods."""

    def __init__(self, *answers: Ended) -> None:
        self.answers = deque(answers)
        self.commands: list[list[str]] = []

    def __call__(self, api: KubeApi, pod_path: str, command: Sequence[str], *, timeout_s: float) -> Ended:
        self.commands.append(list(command))
        return self.answers.popleft()


@pytest.fixture
def node(api: KubeApi) -> PodNode:
    return PodNode(api, "node-1", POD, socket="/run/k3s/containerd/containerd.sock")


def commands(monkeypatch: pytest.MonkeyPatch, *answers: Ended) -> Commands:
    made = Commands(*answers)
    monkeypatch.setattr("clusters.existing.node.run", made)
    return made


def test_commands_run_among_the_nodes_files(node: PodNode, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = commands(monkeypatch, Ended(0, "hello\n", ""), Ended(3, "", "no\n"))
    assert node.run(["ctr", "version"]) == "hello\n"
    shell, flag, script, *rest = ran.commands[0]
    assert (shell, flag, rest) == ("/bin/sh", "-c", ["sh", "/run/k3s/containerd/containerd.sock", "ctr", "version"])
    assert "exec chroot /proc/1/root" in script
    with pytest.raises(ClusterError, match="on node node-1 `false` ended with 3: no"):
        node.run(["false"])


def test_a_program_that_the_node_lacks_is_asked_for_once(node: PodNode, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = commands(monkeypatch, LACKS)
    for _ in range(2):
        with pytest.raises(NoNodeAccessError, match="no node access: node node-1 has no program ctr"):
            node.run(["ctr", "version"])
    assert len(ran.commands) == 1


def test_a_shell_is_the_pods_own_where_the_node_has_none(node: PodNode, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = commands(monkeypatch, LACKS, Ended(0, "/proc/7/cgroup\n", ""))
    assert node.run(["sh", "-c", "grep"]) == "/proc/7/cgroup\n"
    assert ran.commands[1] == ["sh", "-c", "grep"]


def test_a_program_that_fails_with_127_is_there(node: PodNode, monkeypatch: pytest.MonkeyPatch) -> None:
    commands(monkeypatch, Ended(127, "", "sh: nope: not found\n"))
    with pytest.raises(ClusterError, match="ended with 127"):
        node.run(["sh", "-c", "nope"])


def test_a_pod_that_can_not_be_reached_is_the_clusters_fault(fake: FakeCluster, node: PodNode) -> None:
    fake.refuse(f"{POD}/exec")
    with pytest.raises(ClusterError, match=r"no file can be read on node node-1: HTTP 403"):
        node.read_text("/proc/uptime")
    with pytest.raises(ClusterError, match=r"on node node-1 `true` could not be run: HTTP 403"):
        node.run(["true"])


def test_of_a_hidden_node_the_name_is_known() -> None:
    node = HiddenNode("node-1")
    assert node.name == "node-1"
    for look in (
        lambda: node.read_text("/proc/1/cgroup"),
        lambda: node.read_texts(["/proc/1/cgroup"]),
        lambda: node.run(["cat", "/proc/1/cgroup"]),
    ):
        with pytest.raises(NoNodeAccessError, match=r"no node access: .*/proc/1/cgroup.* of node node-1 can't be read"):
            look()


def test_the_daemon_set_is_small_and_has_no_credentials() -> None:
    document = nodeaccess.daemon_set("run-1", "image:1", ["a", "b"])
    spec = document["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert (spec["hostPID"], spec["automountServiceAccountToken"]) == (True, False)
    assert spec["terminationGracePeriodSeconds"] == 0
    assert container["resources"]["requests"] == {"cpu": "10m", "memory": "16Mi"}
    assert not spec.get("volumes")
    assert document["metadata"]["labels"] == document["spec"]["template"]["metadata"]["labels"] == labels("run-1")
    terms = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert [term["matchFields"][0]["values"] for term in terms] == [["a"], ["b"]]


def test_pods_are_waited_for(fake: FakeCluster, api: KubeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodeaccess, "READY_DEADLINE_S", 0.3)
    monkeypatch.setattr(nodeaccess, "GONE_DEADLINE_S", 0.3)
    pod = {
        "metadata": {"name": "node-access-x", "labels": labels("run")},
        "spec": {"nodeName": "node-1"},
        "status": {"phase": "Running"},
    }
    fake.objects[POD] = pod
    assert nodeaccess.deploy(api, "run", "image:1", ["node-1"]) == {"node-1": POD}
    assert fake.paths("daemonsets") == [f"{DAEMON_SETS}/node-access-run"]
    with pytest.raises(ClusterError, match="are still there 0 s after it was deleted"):
        nodeaccess.until_gone(api, "run")
    fake.objects.clear()
    nodeaccess.until_gone(api, "run")
    waiting = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
    pod["status"] = {"phase": "Pending", "containerStatuses": [waiting]}
    fake.objects[POD] = pod
    fake.objects[f"/api/v1/namespaces/{NAMESPACE}/events/e"] = {
        "metadata": {"name": "e"},
        "reason": "FailedCreate",
        "message": "violates PodSecurity",
    }
    with pytest.raises(ClusterError) as caught:
        nodeaccess.deploy(api, "run", "image:1", ["node-1"])
    assert "did not run within 0 s: node-1: ImagePullBackOff no such image; violates PodSecurity" in str(caught.value)
