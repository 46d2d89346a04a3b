"""Runs one side as a process and takes its time."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Attributes:
        code: Its exit code.
        wall_s: From its start to its end.
        cpu_s: What it and the processes that it waited for used of the CPUs.
        load: How many processes wanted a CPU in the minute before, the cluster's and those of others on the machine.
    """

    code: int
    wall_s: float
    cpu_s: float
    load: float


def timed(command: Sequence[str], log: Path, *, folder: Path, environment: Mapping[str, str] | None = None) -> Ended:
    """Run a command, whose output goes to ``log``."""
    load, _, _ = os.getloadavg()
    begun = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    wall_s = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(process.returncode, wall_s, usage.ru_utime + usage.ru_stime, load)
