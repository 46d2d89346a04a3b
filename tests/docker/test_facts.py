"""What is told of containers that are no longer what they were, and of an engine that is not there."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clusters.docker.engine import Engine
from clusters.docker.facts import container_faults
from clusters.docker.pipe import ExecPipe
from tests.docker.engine_of_shells import frame


def container(status: str = "running", *, restarts: int = 0, **state: Any) -> SimpleNamespace:
    return SimpleNamespace(
        name="n-control-plane", status=status, attrs={"State": {"ExitCode": 0, **state}, "RestartCount": restarts}
    )


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (container("exited", ExitCode=137, OOMKilled=True), "node n-control-plane has ended (out of memory)"),
        (container("exited", ExitCode=3), "node n-control-plane has ended (exit code 3)"),
        (container(restarts=2), "node n-control-plane was started anew 2 times"),
    ],
)
def test_container_that_is_not_as_it_was(one: SimpleNamespace, told: str) -> None:
    (fault,) = container_faults([one], "n")
    assert fault.startswith(told)
    assert "docker logs n-control-plane" in fault


def test_containers_that_run_and_containers_that_are_gone() -> None:
    assert container_faults([container()], "n") == []
    assert container_faults([], "n") == ["cluster n is gone: it has no container any more"]


def test_engine_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    found = Engine().requirement()
    assert not found.ok
    assert f"no Docker engine answers at unix://{tmp_path}/none.sock" in found.detail
    assert "sudo systemctl start docker" in found.remedy


class FakeApi:
    """The part of the SDK's client that an exec takes."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.api = self

    def exec_create(self, container: str, command: list[str], **_: Any) -> dict[str, str]:
        return {"Id": "1"}

    def exec_start(self, identifier: str, *, socket: bool) -> Any:
        return self.ours


def test_frames_are_put_together_however_they_arrive() -> None:
    client = FakeApi()
    pipe = ExecPipe(cast("Any", client), "node")
    pipe.send(b"r /a\n")
    assert client.theirs.recv(100) == b"r /a\n"
    stream = frame(2, b"noise") + frame(1, b"one\n") + frame(1, b"two\n")
    client.theirs.sendall(stream[:15])
    with pytest.raises(TimeoutError):
        pipe.receive(0.05)
    os.write(client.theirs.fileno(), stream[15:])
    assert pipe.receive(1) == b"one\ntwo\n"
    client.theirs.close()
    assert pipe.receive(1) == b""
    pipe.close()
