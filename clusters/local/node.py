"""The node of a local cluster, reached through the namespaces of its first process."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.contract import ClusterError
from clusters.local.mounts import NODE_ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence


class LocalNode:
    """Reads files through /proc/PID/root, which costs microseconds, and runs commands by nsenter."""

    def __init__(self, name: str, init_pid: int) -> None:
        self.name = name
        self._init_pid = init_pid
        self._root = Path(f"/proc/{init_pid}/root")

    def read_text(self, path: str) -> str:
        """The content of a file on the node.

        Raises:
            FileNotFoundError: There is no such file.
        """
        try:
            return Path(f"{self._root}{path}").read_text(encoding="utf-8")
        except OSError as error:
            # Reading a file of a cgroup that was removed while the file was open says "no such device".
            raise FileNotFoundError(error.errno, error.strerror, path) from error

    def pull(self, image: str) -> None:
        """Pull a registry's image, from the host's network: the node's own leads nowhere.

        Raises:
            ClusterError: It could not be pulled.
        """
        # --local: ctr itself pulls, and not containerd, which is in the node's network.
        command = ["ctr", "-n", "k8s.io", "images", "pull", "--local", image]
        self._enter(("--pid", "--mount"), command, timeout_s=600.0)

    def run(self, arguments: Sequence[str], *, timeout_s: float = 30.0, stdin: Path | None = None) -> str:
        """What a command printed that ran in the node's PID, mount and network namespaces.

        Raises:
            ClusterError: The command failed or did not end in time.
        """
        return self._enter(("--pid", "--mount", "--net"), arguments, timeout_s=timeout_s, stdin=stdin)

    def _enter(
        self, namespaces: Sequence[str], arguments: Sequence[str], *, timeout_s: float, stdin: Path | None = None
    ) -> str:
        command = ["nsenter", f"--target={self._init_pid}", *namespaces, "--", *arguments]
        environment = {"PATH": f"{NODE_ROOT}/bin:{os.environ.get('PATH', '/usr/bin:/bin')}"}
        try:
            with (stdin or Path("/dev/null")).open("rb") as source:
                done = subprocess.run(
                    command,
                    stdin=source,
                    capture_output=True,
                    text=True,
                    timeout=timeout_s,
                    env=environment,
                    check=False,
                )
        except subprocess.TimeoutExpired as error:
            raise ClusterError(
                f"on node {self.name} `{' '.join(arguments)}` did not end in {timeout_s:.0f} s"
            ) from error
        if done.returncode != 0:
            raise ClusterError(
                f"on node {self.name} `{' '.join(arguments)}` ended with {done.returncode}: {done.stderr.strip()}"
            )
        return done.stdout
