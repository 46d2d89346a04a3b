"""Starting :mod:`selftests.leaks.owner`, following how far it is, and ending it in the worst moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters.local.init import STATUS_FILES
from clusters.local.keeping import lock_file
from clusters.local.state import ClusterFolder
from clusters.local.wardens import PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: A cluster is ready in six seconds on an idle machine.
TIMEOUT_S = 60.0


class Owner:
    """One owner and its cluster.

    Args:
        state: What ``RESIZE_CONFORMANCE_STATE`` is set to for it.
        name: The cluster's name.
        version: The cluster's Kubernetes version.
        node: The kind of its node, ``host`` or ``uml``.
        kubelet_configuration: As in :class:`~clusters.contract.ClusterRequest`.
    """

    def __init__(
        self,
        state: Path,
        name: str,
        version: str,
        *,
        node: str = "host",
        kubelet_configuration: dict[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.node = node
        self.root = state / "clusters"
        self.folder = ClusterFolder(self.root / name)
        # Not named after the cluster: a path with the name in it counts as a trace.
        self.logs = state / "logs" / version
        wanted = {
            "name": name,
            "version": version,
            "node": node,
            "logs": str(self.logs),
            "kubelet_configuration": kubelet_configuration or {},
        }
        self.process = subprocess.Popen(
            # A shell's background jobs ignore Ctrl-C, and what they start inherits that.
            ["env", "--default-signal=INT", sys.executable, "-m", "selftests.leaks.owner", json.dumps(wanted)],
            cwd=PROJECT_ROOT,
            env={**os.environ, "RESIZE_CONFORMANCE_STATE": str(state), "PYTHONPATH": str(PROJECT_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for_lock(self) -> None:
        """Return as soon as the owner has taken the cluster's lock."""
        self._wait("the lock", lock_file(self.folder.path).exists)

    def wait_for_namespaces(self) -> None:
        """Return as soon as the namespaces stand."""
        self._wait("the namespaces", lambda: self.folder.state is not None)

    def wait_for_process(self, component: str) -> None:
        """Return as soon as a component has been started, on a node or beside it."""
        self._wait(component, lambda: any(f'"{component}"' in text for text in self._statuses()))

    def hear(self, word: str) -> None:
        """Return when the owner says ``word``.

        Raises:
            AssertionError: It said something else, or ended.
        """
        assert self.process.stdout is not None
        heard = self.process.stdout.readline().strip()
        assert heard == word, f"the owner said {heard!r} instead of {word!r}: {self.last_words()}"

    def tell(self, word: str) -> None:
        """Give the owner a word to obey."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal, and return the exit code once the owner has ended."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """The owner's exit code once it has ended."""
        return self.process.wait(timeout=TIMEOUT_S)

    def pid_of(self, kind: str) -> int:
        """The PID of the cluster's ``warden`` or ``init``."""
        state = self.folder.state
        assert state is not None
        return int(state[f"{kind}_pid"])

    def last_words(self) -> str:
        """What an owner that ended has written to its standard error."""
        if self.process.poll() is None:
            self.process.kill()
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def close(self) -> None:
        """End the owner if it still runs, and let go of its pipes."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def _statuses(self) -> Iterator[str]:
        """What init noted, and what each node that is a machine noted of its own processes."""
        for file in self.folder.path.glob(STATUS_FILES):
            yield file.read_text(encoding="utf-8")

    def _wait(self, what: str, there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while not there():
            assert self.process.poll() is None, f"the owner ended before {what} was there: {self.last_words()}"
            assert time.monotonic() < deadline, f"{what} was not there after {TIMEOUT_S:.0f} s"
            time.sleep(0.001)
