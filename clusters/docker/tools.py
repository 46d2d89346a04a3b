"""The command line tools kind, k3d and kubectl: the user's own, or else pinned ones; and how they are run."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.errors import last_lines
from clusters.contract import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusters.components.resolver import ComponentResolver
    from clusters.versions import KubeVersion

_VERSION = re.compile(r"v?(\d+\.\d+\.\d+[-+.\w]*)")
_TAIL_LINES = 12


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
        self, *arguments: str, log: Path, timeout_s: float = 600.0, environment: Mapping[str, str] | None = None
    ) -> str:
        """Run it, its output going to a log, too.

        Returns:
            What it wrote to both of its outputs.

        Raises:
            ClusterError: It failed or did not end in time; the message has its last lines.
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
            env={**os.environ, **(environment or {})},
            # Ctrl-C is for pytest, which then ends this in order.
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            raise ClusterError(f"{told} did not end in {timeout_s:.0f} s; its log is {log}") from error
        finally:
            # Only a process that somebody stopped waiting for is still there.
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        with log.open("a", encoding="utf-8") as file:
            file.write(f"$ {self.name} {' '.join(arguments)}\n{output}\n")
        if process.returncode != 0:
            raise ClusterError(
                f"{told} ended with {process.returncode}. Its last lines:\n{last_lines(output, _TAIL_LINES)}\n"
                f"The whole log is {log}"
            )
        return output


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
