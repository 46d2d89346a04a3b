"""The node of a local cluster, reached through the namespaces of its first process."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.contract import ClusterError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The file is not there; or its process or cgroup was gone before the read.
_VANISHED = frozenset({errno.ENOENT, errno.ENODEV, errno.ESRCH, errno.ENOTDIR})


class LocalNode:
    """Reads files through /proc/PID/root, which costs microseconds, and runs commands by nsenter."""

    def __init__(self, name: str, init_pid: int, *, path: str) -> None:
        self.name = name
        self.sampling_s = 0.01
        self._init_pid = init_pid
        self._path = path
        self._root = Path(f"/proc/{init_pid}/root")

    def read_text(self, path: str) -> str:
        """The content of a file on the node.

        Raises:
            FileNotFoundError: There is no such file.
        """
        try:
            return Path(f"{self._root}{path}").read_text(encoding="utf-8")
        except OSError as error:
            if error.errno not in _VANISHED:
                raise
            raise FileNotFoundError(error.errno, error.strerror, path) from error

    def read_texts(self, paths: Sequence[str]) -> list[str | None]:
        """The contents of several files, None for each that is not there."""
        return [self._text_or_none(path) for path in paths]

    def pull(self, image: str) -> None:
        """Pull a registry's image, from the host's network: the node's own leads nowhere.

        Raises:
            ClusterError: It could not be pulled.
        """
        # --local: ctr itself pulls, and not containerd, which is in the node's network.
        command = ["ctr", "-n", "k8s.io", "images", "pull", "--local", image]
        self._enter(("--pid", "--mount"), command, timeout_s=600.0)

    def run(self, arguments: Sequence[str], *, timeout_s: float = 30.0) -> str:
        """What a command printed that ran in the node's PID, mount and network namespaces.

        Raises:
            ClusterError: The command failed or did not end in time.
        """
        return self._enter(("--pid", "--mount", "--net"), arguments, timeout_s=timeout_s)

    def _text_or_none(self, path: str) -> str | None:
        try:
            return self.read_text(path)
        except FileNotFoundError:
            return None

    def _enter(self, namespaces: Sequence[str], arguments: Sequence[str], *, timeout_s: float) -> str:
        # Who is no root is one in the cluster's user namespace.
        user = () if os.geteuid() == 0 else ("--user", "--preserve-credentials")
        command = ["nsenter", f"--target={self._init_pid}", *user, *namespaces, "--", *arguments]
        environment = {"PATH": f"{self._path}:{os.environ.get('PATH', '/usr/bin:/bin')}"}
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
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
