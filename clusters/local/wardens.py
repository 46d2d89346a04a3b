"""The lifelines of the clusters that a process owns: each is a warden's standard input, and closing it ends both."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.contract import ClusterError
from clusters.local.removal import WARDEN_PATIENCE_S, remove
from clusters.local.warden import FAILURE_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from clusters.local.state import ClusterFolder

PROJECT_ROOT = Path(__file__).parents[2]
#: How long a warden may take until it looks after its cluster.
START_TIMEOUT_S = 60.0
_LOOK_S = 0.01


class Wardens:
    """Starts wardens, and lets go of them."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self, folder: ClusterFolder, module: str, argument: Path, *, lock: int, log: Path, explain: Callable[[], str]
    ) -> None:
        """Start a warden and return once it has noted that it looks after the cluster.

        Args:
            folder: The cluster's.
            module: What is run.
            argument: Its only argument.
            lock: The cluster's lock, which it inherits.
            log: What it prints goes here.
            explain: Says why it has not started.

        Raises:
            ClusterError: It has ended, or takes too long.
        """
        with log.open("ab") as output:
            warden = subprocess.Popen(
                [sys.executable, "-m", module, str(argument)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[lock],
                cwd=PROJECT_ROOT,
                env={**_environment(), "PYTHONPATH": str(PROJECT_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
                # Ctrl-C goes to the owner; the warden hears of it through the lifeline, in order.
                start_new_session=True,
            )
        self._processes[folder.name] = warden
        deadline = time.monotonic() + START_TIMEOUT_S
        while folder.state is None:
            failed = warden.poll() is not None or (folder.path / FAILURE_FILE).exists()
            if failed or time.monotonic() > deadline:
                raise ClusterError(explain())
            time.sleep(_LOOK_S)

    def exit_code(self, folder: ClusterFolder) -> int | None:
        """With what the cluster's warden has ended; None while it runs."""
        warden = self._processes.get(folder.name)
        return None if warden is None else warden.poll()

    def keep(self, folder: ClusterFolder) -> None:
        """Let go of a cluster so that it outlives this process."""
        warden = self._processes.pop(folder.name, None)
        if warden is not None and warden.stdin is not None:
            warden.stdin.write(b"keep\n")
            warden.stdin.close()
            # It is nobody's child from now on, and Popen's destructor should not warn of it.
            warden.returncode = 0

    def end(self, folder: ClusterFolder) -> None:
        """End a cluster, and return once nothing of it is left.

        Raises:
            ClusterError: Something can't be removed.
        """
        warden = self._processes.pop(folder.name, None)
        if warden is not None:
            if warden.stdin is not None:
                warden.stdin.close()
            try:
                warden.wait(timeout=WARDEN_PATIENCE_S)
            except subprocess.TimeoutExpired:
                # The namespaces of a local cluster end with it.
                warden.kill()
                warden.wait()
        # A warden that was killed removed nothing.
        remove(folder)


def _environment() -> dict[str, str]:
    """What a warden needs to know: where programs are, and how an engine is reached."""
    return {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("DOCKER_")}
