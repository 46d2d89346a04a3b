from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from clusters.contract import ClusterError
from clusters.local.topology import NodePlace
from clusters.uml import agent
from clusters.uml.agent import MachineNode
from tests.uml.fake_agent import TOKEN, FakeAgent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.uml.fake_agent import Reply

FILES = {"/a": "text of a\n", "/empty": ""}


class StartAgent(Protocol):
    def __call__(self, reply: Reply, *, delay_s: float = ..., index: int = ...) -> tuple[FakeAgent, MachineNode]: ...


def read(question: dict[str, Any]) -> dict[str, Any]:
    return {"texts": [FILES.get(path) for path in question["read"]], "code": 0}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartAgent]:
    agents: list[FakeAgent] = []

    def start_agent(reply: Reply, *, delay_s: float = 0.0, index: int = 0) -> tuple[FakeAgent, MachineNode]:
        agents.append(FakeAgent(tmp_path / "agent", reply, delay_s=delay_s))
        return agents[-1], _node(tmp_path / "agent", index=index)

    yield start_agent
    for started in agents:
        started.close()


def _node(wire: Path, *, token: str = TOKEN, index: int = 0) -> MachineNode:
    place = NodePlace(index, "a-node", f"10.245.{index + 1}.2", f"10.244.{index + 1}.0/24")
    return MachineNode(place, wire, token)


def test_files_are_read_in_one_go(start: StartAgent) -> None:
    fake, node = start(read)
    assert node.read_texts(["/a", "/nowhere", "/empty"]) == ["text of a\n", None, ""]
    assert fake.connections == [[{"read": ["/a", "/nowhere", "/empty"]}]]


def test_file_that_is_not_there(start: StartAgent) -> None:
    _, node = start(read)
    assert node.read_text("/a") == "text of a\n"
    with pytest.raises(FileNotFoundError) as raised:
        node.read_text("/nowhere")
    assert raised.value.filename == "/nowhere"


def test_command(start: StartAgent) -> None:
    fake, node = start(lambda question: {"code": 0, "stdout": "1\n2\n", "stderr": "a warning"})
    assert node.run(["pidof", "stress"], timeout_s=3) == "1\n2\n"
    assert fake.connections == [[{"run": ["pidof", "stress"], "timeout_s": 3}]]


def test_command_that_prints_nothing(start: StartAgent) -> None:
    # The agent leaves out what is empty.
    _, node = start(lambda question: {"code": 0})
    assert node.run(["true"]) == ""


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"code": 1, "stderr": "no such file\n"}, "on node a-node `cat /x` ended with 1: no such file"),
        ({"code": -9}, "on node a-node `cat /x` ended with -9: "),
        ({"code": 0, "error": "did not end in 3s"}, "on node a-node `cat /x` did not end in 3s"),
    ],
)
def test_command_that_fails(start: StartAgent, answer: dict[str, Any], told: str) -> None:
    _, node = start(lambda question: answer)
    with pytest.raises(ClusterError) as raised:
        node.run(["cat", "/x"])
    assert str(raised.value) == told


@pytest.mark.parametrize(("index", "name"), [(0, "kubelet"), (1, "kubelet-2")])
def test_stop_and_start_name_the_nodes_own_component(start: StartAgent, index: int, name: str) -> None:
    fake, node = start(lambda question: {"code": 0}, index=index)
    node.stop("kubelet")
    node.start("kubelet")
    assert fake.connections == [[{"stop": name, "timeout_s": 30.0}, {"start": name, "timeout_s": 30.0}]]


def test_stop_that_fails(start: StartAgent) -> None:
    _, node = start(lambda question: {"code": 0, "error": "no component etcd runs here"})
    with pytest.raises(ClusterError, match=r"on node a-node: no component etcd runs here"):
        node.stop("etcd")


def test_one_connection_serves_many_questions(start: StartAgent) -> None:
    fake, node = start(read)
    for _ in range(3):
        node.read_text("/a")
    assert [len(asked) for asked in fake.connections] == [3]


def test_each_thread_has_a_connection_of_its_own(start: StartAgent) -> None:
    fake, node = start(read)
    together = threading.Barrier(2, timeout=5)

    def ask(count: int) -> None:
        for _ in range(count):
            together.wait()
            assert node.read_text("/a") == "text of a\n"

    with ThreadPoolExecutor(max_workers=2) as pool:
        for done in [pool.submit(ask, 4), pool.submit(ask, 4)]:
            done.result()
    assert [len(asked) for asked in fake.connections] == [4, 4]


def test_closed_connection_is_told_and_then_made_anew(start: StartAgent) -> None:
    answers: list[dict[str, Any] | None] = [None, {"texts": ["b"]}]
    fake, node = start(lambda question: answers.pop(0))
    with pytest.raises(ClusterError, match=r"node a-node does not answer: it closed the connection"):
        node.read_text("/a")
    assert node.read_text("/a") == "b"
    assert len(fake.connections) == 2


def test_wrong_token_gets_no_answer(start: StartAgent, tmp_path: Path) -> None:
    fake, _ = start(read)
    with pytest.raises(ClusterError, match=r"node a-node does not answer"):
        _node(tmp_path / "agent", token="another").read_text("/a")
    assert fake.connections == []


def test_silence_ends_with_the_time_limit(start: StartAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "_SPARE_S", 0.05)
    _, node = start(lambda question: {"code": 0}, delay_s=0.3)
    with pytest.raises(ClusterError, match=r"node a-node does not answer: timed out"):
        node.run(["sleep", "1"], timeout_s=0.01)
    # The late answer to the question before is nobody's.
    assert node.run(["true"], timeout_s=2) == ""


def test_command_has_its_own_time_beside_the_answers(start: StartAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "_SPARE_S", 0.1)
    _, node = start(lambda question: {"code": 0, "stdout": "late"}, delay_s=0.3)
    assert node.run(["sleep", "0.3"], timeout_s=2) == "late"


def test_socket_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"node a-node does not answer: .*No such file"):
        _node(tmp_path / "agent").read_text("/a")


def test_long_path_and_no_descriptor_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The address of a Unix socket has 108 bytes (unix(7)).
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    monkeypatch.chdir(folder)
    before = _descriptors()
    for _ in range(3):
        with pytest.raises(ClusterError):
            _node(folder / "agent").read_text("/a")
    assert _descriptors() == before
    with closing(FakeAgent(Path("agent"), read)):
        assert _node(folder / "agent").read_text("/a") == "text of a\n"


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
