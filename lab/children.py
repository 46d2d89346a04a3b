"""Waiting for a command while passing on the signals that ask for an end."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field

ENDING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


@dataclass(slots=True)
class Ended:
    """What ended while a command was waited for.

    Attributes:
        code: The command's exit code; 128 + N where signal N ended it, as shells tell it.
        others: Codes of other children by their PID, such as orphans that PID 1 inherited.
    """

    code: int
    others: dict[int, int] = field(default_factory=dict)


def wait_for(pid: int, *, tell: int, patience_s: float) -> Ended:
    """Wait until a child ends, and reap every other child that ends meanwhile.

    Args:
        pid: The child.
        tell: The process that gets the signals that ask this one to end; usually the child.
        patience_s: How long after such a signal the child is killed.
    """
    watched = {signal.SIGCHLD, *ENDING}
    # SIGCHLD is ignored by default, and an ignored signal can't be waited for.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    ended: dict[int, int] = {}
    deadline = float("inf")
    try:
        while pid not in ended:
            # Looked at before the wait, as a child may have ended before its signal was blocked.
            ended |= _reap()
            if pid in ended:
                break
            seen = signal.sigtimedwait(watched, min(max(deadline - time.monotonic(), 0.0), 3600.0))
            if seen is not None and seen.si_signo in ENDING:
                deadline = min(deadline, time.monotonic() + patience_s)
                # A terminal sends its own (Ctrl-C) to all of its foreground processes, so the child has it already.
                if seen.si_code <= 0:
                    _send(tell, seen.si_signo)
            elif time.monotonic() >= deadline:
                _send(pid, signal.SIGKILL)
                deadline = float("inf")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return Ended(ended.pop(pid), ended)


def _reap() -> dict[int, int]:
    """The exit codes of all children that ended, by PID."""
    found = {}
    with suppress(ChildProcessError):
        while (waited := os.waitpid(-1, os.WNOHANG))[0] != 0:
            code = os.waitstatus_to_exitcode(waited[1])
            found[waited[0]] = code if code >= 0 else 128 - code
    return found


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
