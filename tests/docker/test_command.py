from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

import pytest

from clusters.contract import ClusterError
from clusters.docker import command, pipe
from clusters.docker.node import DockerNode
from tests.docker.engine_of_shells import EngineOfShells

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clusters.shell import Ended


@pytest.fixture(params=[("sh",), ("bash",), ("busybox", "sh")], ids=" ".join)
def engine(request: pytest.FixtureRequest) -> Iterator[EngineOfShells]:
    made = EngineOfShells(request.param)
    yield made
    made.close()


def run(engine: EngineOfShells, *arguments: str, timeout_s: float = 10.0) -> Ended:
    return command.run(cast("Any", engine), "node", arguments, timeout_s=timeout_s)


def test_output_comes_as_it_is(engine: EngineOfShells) -> None:
    ended = run(engine, "printf", "%s\\n\\n  %s", "a 'quoted'  word", "$HOME")
    assert (ended.code, ended.output, ended.errors) == (0, "a 'quoted'  word\n\n  $HOME", "")
    assert run(engine, "true").output == ""
    assert run(engine, "cat").output == ""


def test_large_output_comes_whole(engine: EngineOfShells) -> None:
    assert run(engine, "seq", "100000").output == "".join(f"{number}\n" for number in range(1, 100_001))


def test_failure_comes_with_its_code_and_its_errors(engine: EngineOfShells) -> None:
    ended = run(engine, "sh", "-c", "echo half; echo broken >&2; exit 3")
    assert (ended.code, ended.output, ended.errors) == (3, "half\n", "broken\n")
    assert run(engine, "no-such-command").code == 127


def test_command_that_takes_too_long_is_ended(engine: EngineOfShells) -> None:
    with pytest.raises(TimeoutError, match="it did not end in 1 s"):
        run(engine, "sleep", "100", timeout_s=1)


def test_shell_ends_even_if_the_engine_keeps_its_streams() -> None:
    engine = EngineOfShells(lasting=True)
    assert run(engine, "echo", "there").output == "there\n"
    assert engine.processes[0].wait(5) == 0
    engine.close()


def test_engine_that_passes_nothing_on_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_GRACE_S", 0.1)
    engine = EngineOfShells(mute=True, lasting=True)
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        run(engine, "true", timeout_s=0.1)
    assert time.monotonic() - begun < 5
    engine.close()


def test_input_that_nobody_takes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipe, "_WRITE_TIMEOUT_S", 0.1)
    engine = EngineOfShells()
    there = pipe.ExecPipe(cast("Any", engine), "node")
    there.send(b"exec sleep 100\n")
    with pytest.raises(TimeoutError, match="nothing was taken"):
        there.send(b"x" * (1 << 24))
    engine.close()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["sh", "-c", "echo broken >&2; exit 3"], "on node node `sh -c echo broken >&2; exit 3` ended with 3: broken"),
        (["sleep", "100"], "on node node `sleep 100` did not end in 1 s"),
        (["sh", "-c", "kill -9 $(ps -o ppid= -p $PPID)"], "it ended without a word about how"),
    ],
)
def test_node_names_the_command_and_what_became_of_it(arguments: Sequence[str], told: str) -> None:
    class Engine:
        client = EngineOfShells()

    node = DockerNode(cast("Any", Engine), "node")
    with pytest.raises(ClusterError) as caught:
        node.run(arguments, timeout_s=1)
    assert told in str(caught.value)
    Engine.client.close()
