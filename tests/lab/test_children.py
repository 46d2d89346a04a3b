"""Waiting for a command: its code, the signals that it gets, and the children that are not it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).parents[2]
#: Background jobs of a shell ignore Ctrl-C, those of nohup a hang-up, and what they start inherits that.
PYTHON = ["env", "--default-signal=INT,HUP,TERM", sys.executable]


def _waiting(command: str, *, patience_s: float = 60.0) -> subprocess.Popen[str]:
    """A process that waits for a shell command and prints what came of it; the command may say ``up`` first."""
    program = f"""
        import subprocess
        from lab.children import wait_for
        child = subprocess.Popen(["sh", "-c", {command!r}])
        ended = wait_for(child.pid, tell=child.pid, patience_s={patience_s})
        print(ended.code, sorted(ended.others.values()))
    """
    return subprocess.Popen(
        [*PYTHON, "-c", textwrap.dedent(program)], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _ask_to_end(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal once the process waits for it; before that it would end and leave its command behind."""
    deadline = time.monotonic() + 20
    while not _caught(process.pid) >> (signal.SIGCHLD - 1) & 1:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    # The handler of SIGCHLD is set just before; signals that are waited for show up nowhere.
    time.sleep(0.2)
    process.send_signal(number)


def _caught(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("SigCgt:")).split()[1], 16)


@pytest.mark.parametrize(("command", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137)])
def test_the_commands_code_is_told_as_shells_tell_it(command: str, code: int) -> None:
    assert _waiting(command).communicate(timeout=20)[0].split()[0] == str(code)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_asks_for_an_end_is_passed_on(number: signal.Signals) -> None:
    name = number.name.removeprefix("SIG")
    waiting = _waiting(f"trap 'exit 9' {name}; echo up; for i in $(seq 400); do sleep 0.05; done")
    assert _first_line(waiting) == "up"
    _ask_to_end(waiting, number)
    assert _first_line(waiting).split()[0] == "9"


def test_a_command_that_does_not_end_is_killed() -> None:
    waiting = _waiting("trap '' TERM; echo up; for i in $(seq 400); do sleep 0.05; done", patience_s=0.3)
    assert _first_line(waiting) == "up"
    _ask_to_end(waiting, signal.SIGTERM)
    assert _first_line(waiting).split()[0] == "137"


def test_a_terminals_own_signal_is_not_passed_on() -> None:
    # The terminal gives it to all of its foreground processes: here to a session of the waiting one and its child.
    leader, follower = os.openpty()
    program = f"import pty; pty.spawn([{sys.executable!r}, '-c', INNER])"
    inner = textwrap.dedent(
        """
        import subprocess
        from lab.children import wait_for
        child = subprocess.Popen(["sh", "-c", "trap 'n=x$n' INT; echo up; "
                                  "while [ -z \\"$n\\" ]; do sleep 0.05; done; sleep 0.3; echo got ${#n}"])
        wait_for(child.pid, tell=child.pid, patience_s=60)
        """
    )
    process = subprocess.Popen(
        [*PYTHON, "-c", program.replace("INNER", repr(inner))],
        cwd=PROJECT_ROOT,
        stdin=follower,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    os.close(follower)
    assert "up" in _first_line(process)
    time.sleep(0.2)
    os.write(leader, b"\x03")
    told = process.communicate(timeout=20)[0]
    os.close(leader)
    assert "got 1" in told


def test_orphans_are_reaped() -> None:
    # Only PID 1 and subreapers inherit orphans, so another child of the waiting process stands for one.
    program = textwrap.dedent(
        """
        import subprocess
        from lab.children import wait_for
        other = subprocess.Popen(["sh", "-c", "exit 5"])
        child = subprocess.Popen(["sh", "-c", "sleep 0.3; exit 2"])
        ended = wait_for(child.pid, tell=child.pid, patience_s=60)
        print(ended.code, ended.others == {other.pid: 5})
        """
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "True"]
