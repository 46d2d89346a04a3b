"""Components from a directory that the user names."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from clusters.components.errors import ComponentError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_VERSION = re.compile(r"\bv?(\d+\.\d+\.\d+[0-9A-Za-z.+~-]*)")

#: Components that print their version on other arguments than ``--version``.
_VERSION_ARGUMENTS = {"kubectl": ("version", "--client"), "containerd-shim-runc-v2": ("-v",)}


def check_directory(directory: Path, known: Iterable[str]) -> None:
    """Make sure that a directory has something to offer.

    Raises:
        ComponentError: It does not exist, or holds no component by its usual name.
    """
    if not directory.is_dir():
        raise ComponentError(f"--components-dir {directory} is no directory. Name one that holds component binaries.")
    names = sorted(known)
    if not any((directory / name).exists() for name in names):
        raise ComponentError(
            f"--components-dir {directory} holds no component. "
            f"Its files must have their usual names: {', '.join(names)}."
        )


def find_in_directory(directory: Path, name: str) -> Path | None:
    """The component's binary, or None if the directory lacks it.

    Raises:
        ComponentError: There is such a file, but it can't be run.
    """
    path = directory / name
    if not path.exists():
        return None
    if not path.is_file() or not os.access(path, os.X_OK):
        raise ComponentError(f"{path} can't be run: it is no executable file. Try: chmod +x {path}")
    return path.absolute()


def printed_version(path: Path) -> str:
    """The version that a binary prints, without the leading v, or ``unknown (from DIR)``."""
    arguments = _VERSION_ARGUMENTS.get(path.name, ("--version",))
    try:
        # CNI plugins read a request from standard input unless it is empty.
        ended = subprocess.run(
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=10,
            check=False,
        )
        match = _VERSION.search(ended.stdout.decode(errors="replace"))
    except (OSError, subprocess.TimeoutExpired):
        match = None
    return match[1] if match else f"unknown (from {path.parent})"
