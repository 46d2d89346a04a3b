"""The command line tools kind, k3d and kubectl: the user's own, or else pinned ones; and how they are run."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.errors import last_lines
from clusters.contract import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from clusters.components.resolver import ComponentResolver
    from clusters.versions import KubeVersion

_VERSION = re.compile(r"v?(\d+\.\d+\.\d+[-+.\w]*)")
_TAIL_LINES = 12
#: k3d colours its output even where there is no terminal.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
#: What kubeadm tells of each of its requests.
_CHATTER = re.compile(r"\s*I\d{4} ")
_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that is there.

    Attributes:
        name: Such as ``kind``.
        path: Where it is.
        version: What it says, without the leading v; empty where it says nothing of the sort.
    """

    name: str
    path: Path
    version: str

    def run(
        self, *arguments: str, log: Path, timeout_s: float = 600.0, hopeless: Callable[[], str | None] = lambda: None
    ) -> str:
        """Run it, its output going to a log, too.

        Args:
            arguments: Of its command line.
            log: Gets what it prints.
            timeout_s: How long it may take.
            hopeless: Asked every second: why it can't succeed any more, and is ended; None while it can.

        Returns:
            What it wrote to both of its outputs.

        Raises:
            ClusterError: It failed, can't succeed or did not end in time; the message has its last lines.
        """
        told = f"`{self.name} {' '.join(arguments)}`"
        log.parent.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            [self.path, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C is for pytest, which then ends this in order.
            start_new_session=True,
        )
        trouble = None
        try:
            trouble = _wait(process, timeout_s, hopeless)
        finally:
            # Only a process that somebody stopped waiting for is still there.
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            output = _COLOUR.sub("", process.communicate()[0])
            with log.open("a", encoding="utf-8") as file:
                file.write(f"$ {self.name} {' '.join(arguments)}\n{output}\n")
        if trouble is not None or process.returncode != 0:
            said = "\n".join(line for line in output.splitlines() if not _CHATTER.match(line))
            raise ClusterError(
                f"{told} {trouble or f'ended with {process.returncode}'}. Its last lines:\n"
                f"{last_lines(said, _TAIL_LINES)}\nThe whole log is {log}"
            )
        return output


def _wait(process: subprocess.Popen[str], timeout_s: float, hopeless: Callable[[], str | None]) -> str | None:
    """Wait for a process to end; return why nobody should wait any longer, if that comes first."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            # What it has printed so far is kept for the next call.
            process.communicate(timeout=_LOOK_S)
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                return f"did not end in {timeout_s:.0f} s"
            reason = hopeless()
            if reason is not None:
                return f"was ended, as it can't succeed: {reason}"
        else:
            return None


def find_tool(name: str, resolver: ComponentResolver, kube_version: KubeVersion) -> Tool:
    """A tool of PATH, or else the pinned one.

    Args:
        name: ``kind``, ``k3d`` or ``kubectl``.
        resolver: Gets the pinned one, by download or by building it; what its user names comes before PATH.
        kube_version: Which kubectl to get where PATH has none.

    Raises:
        ClusterError: It is not to be had.
    """
    found = on_path(name)
    if found is not None and resolver.components_dir is None:
        return found
    component = resolver.resolve(kube_version, [name])[name]
    if found is not None and component.source != "directory":
        return found
    return Tool(name, component.path, component.version)


def on_path(name: str) -> Tool | None:
    """A tool of PATH, if there is one."""
    path = shutil.which(name)
    if path is None:
        return None
    arguments = ["version", "--client"] if name == "kubectl" else ["version"]
    printed = subprocess.run([path, *arguments], capture_output=True, text=True, check=False, timeout=20).stdout
    match = _VERSION.search(printed)
    return Tool(name, Path(path), match[1] if match else "")
