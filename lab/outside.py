"""The process outside that owns a lab: it holds its lock, starts its namespaces, and sweeps what is left of them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from clusters.local.hostcgroups import remove_subtree
from lab.children import ENDING, wait_for
from lab.inside import PATIENCE_S, Spec
from lab.place import SYSTEMD_HIERARCHY, LabError, Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.images import Image


def run(place: Place, command: Sequence[str], images: Sequence[Image], environment: Mapping[str, str]) -> int:
    """Run a command in a lab; the caller holds the lab's lock.

    Returns:
        The command's exit code.

    Raises:
        LabError: The namespaces could not be made.
    """
    spec = Spec(
        directory=str(place.directory), command=list(command), images=list(images), environment=dict(environment)
    )
    # Inherited: a signal that comes before the first process can handle it waits for it, and is not ignored.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    child = subprocess.Popen(
        # setpriv and --kill-child: should this process be killed, the kernel ends the namespaces for it.
        ["setpriv", "--pdeathsig", "KILL",
         "unshare", "--pid", "--mount", "--net", "--fork", "--kill-child", "--mount-proc",
         sys.executable, "-m", "lab.inside", spec.text()],
    )  # fmt: skip
    try:
        ended = wait_for(child.pid, tell=_first_process(child), patience_s=PATIENCE_S + 60)
        child.returncode = ended.code
    finally:
        if child.returncode is None:
            child.kill()
            child.wait()
        _sweep(place)
    return ended.code


def _first_process(child: subprocess.Popen[bytes]) -> int:
    """PID 1 of the namespaces, which unshare does not pass signals on to."""
    while child.poll() is None:
        with suppress(psutil.NoSuchProcess):
            for inner in psutil.Process(child.pid).children():
                return int(inner.pid)
        time.sleep(0.005)
    raise LabError(f"the namespaces could not be made (exit code {child.returncode})")


def _sweep(place: Place) -> None:
    """Remove what outlives the namespaces."""
    remove_subtree(place.cgroup)
    # Where the lab had to mount the hierarchy, its empty mount point is left.
    with suppress(OSError):
        SYSTEMD_HIERARCHY.rmdir()
