"""A node that is a container: files through one long-lived exec, commands by an exec of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docker.errors

from clusters.contract import ClusterError
from clusters.docker.command import run
from clusters.docker.pipe import ExecPipe
from clusters.shell import ShellReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters.docker.engine import Engine

#: Eight files take the long-lived shell 0.9 ms (median of 300, k3d on cgroup v1), an exec of its own 70 ms.
SAMPLING_S = 0.02


class DockerNode:
    """One node.

    Args:
        engine: Where its container is.
        container: The container's name, which is the node's name too.
        kubectl: The words that run kubectl on the node with full rights.
    """

    def __init__(self, engine: Engine, container: str, *, kubectl: Sequence[str] = ()) -> None:
        self.name = container
        self.sampling_s = SAMPLING_S
        self.kubectl = tuple(kubectl)
        self._engine = engine
        self._reader = ShellReader(container, lambda: ExecPipe(engine.client, container))

    def read_text(self, path: str) -> str:
        """The content of a file on the node.

        Raises:
            FileNotFoundError: There is no such file.
        """
        return self._reader.read_text(path)

    def read_texts(self, paths: Sequence[str]) -> list[str | None]:
        """The contents of several files, None for each that is not there."""
        return self._reader.read_texts(paths)

    def run(self, arguments: Sequence[str], *, timeout_s: float = 30.0) -> str:
        """What a command printed that ran on the node.

        Raises:
            ClusterError: The command failed or did not end in time.
        """
        told = f"on node {self.name} `{' '.join(arguments)}`"
        try:
            return run(self._engine.client, self.name, arguments, timeout_s=timeout_s).checked(told)
        except TimeoutError:
            raise ClusterError(f"{told} did not end in {timeout_s:.0f} s") from None
        except OSError as error:
            raise ClusterError(f"{told} can't be run: {error}") from error

    def output(self, *, since: float = 0.0) -> str:
        """What the container's own first process has printed from a moment on, in seconds since the epoch.

        Raises:
            ClusterError: The container is gone.
        """
        try:
            container = self._engine.client.containers.get(self.name)
            # The SDK takes no zero for "from the beginning".
            return bytes(container.logs(**({"since": int(since)} if since >= 1 else {}))).decode(errors="replace")
        except docker.errors.DockerException as error:
            raise ClusterError(f"the log of node {self.name} can't be read: {error}") from error

    def close(self) -> None:
        """End the long-lived shell."""
        self._reader.close()
