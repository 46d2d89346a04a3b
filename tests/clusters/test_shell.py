from __future__ import annotations

import select
import subprocess
import threading
from pathlib import Path

import pytest

from clusters import shell
from clusters.contract import ClusterError
from clusters.shell import ShellReader


class ProcessPipe:
    """A shell of this machine."""

    def __init__(self, shell: tuple[str, ...] = ("sh",)) -> None:
        self.process = subprocess.Popen(shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    def receive(self, timeout_s: float) -> bytes:
        assert self.process.stdout is not None
        if not select.select([self.process.stdout], [], [], timeout_s)[0]:
            raise TimeoutError("nothing came")
        return self.process.stdout.read(1 << 16)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(params=[("sh",), ("bash",), ("busybox", "sh")], ids=" ".join)
def pipes(request: pytest.FixtureRequest) -> list[ProcessPipe]:
    return [ProcessPipe(request.param), ProcessPipe(request.param)]


@pytest.fixture
def reader(pipes: list[ProcessPipe], tmp_path: Path) -> ShellReader:
    waiting = iter(pipes)
    return ShellReader("node-1", lambda: next(waiting), root=str(tmp_path))


@pytest.fixture(autouse=True)
def ended(pipes: list[ProcessPipe]) -> object:
    yield
    for pipe in pipes:
        pipe.close()


def test_texts_come_as_they_are_and_in_order(reader: ShellReader, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("30000 100000\n")
    (tmp_path / "b").write_text("one  two\\n\n\n three\n")
    (tmp_path / "empty").write_text("")

    assert reader.read_texts(["/a file", "/missing", "/b", "/empty"]) == [
        "30000 100000\n",
        None,
        "one  two\\n\n\n three\n",
        "",
    ]


def test_a_large_file_comes_whole(reader: ShellReader, tmp_path: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(20_000))
    (tmp_path / "large").write_text(text)

    assert reader.read_text("/large") == text


def test_a_missing_file_is_named(reader: ShellReader) -> None:
    with pytest.raises(FileNotFoundError, match="/nothing"):
        reader.read_text("/nothing")


def test_reading_that_fails_after_a_line_ends_the_file(
    reader: ShellReader, pipes: list[ProcessPipe], tmp_path: Path
) -> None:
    # As bash does it in a cgroup that is being removed: the variable keeps the line before.
    pipes[0].send(b"n=0; read() { n=$((n+1)); if [ $n = 1 ]; then l=20000; else return 1; fi; }\n")
    (tmp_path / "a").write_text("20000\n")
    assert reader.read_text("/a") == "20000\n"


def test_an_answer_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "_TIMEOUT_S", 0.2)
    endless = [ProcessPipe(("yes",)), ProcessPipe(("yes",))]
    waiting = iter(endless)
    with pytest.raises(ClusterError, match="the answer did not end in 0 s"):
        ShellReader("node-1", lambda: next(waiting)).read_texts(["/a"])
    for pipe in endless:
        pipe.close()


def test_a_shell_that_ended_is_opened_anew_once(reader: ShellReader, pipes: list[ProcessPipe], tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1\n")
    reader.read_text("/a")
    pipes[0].process.kill()

    assert reader.read_text("/a") == "1\n"


def test_no_shell_at_all_is_the_clusters_fault(tmp_path: Path) -> None:
    def refuse() -> ProcessPipe:
        raise ConnectionError("no such container: node-1")

    with pytest.raises(ClusterError, match=r"node node-1: no such container"):
        ShellReader("node-1", refuse).read_texts(["/a"])


def test_threads_take_turns(reader: ShellReader, tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / str(number)).write_text(f"{number}\n")
    wrong: list[str] = []

    def read(number: int) -> None:
        wrong.extend(text for _ in range(50) if (text := reader.read_text(f"/{number}")) != f"{number}\n")

    threads = [threading.Thread(target=read, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
