"""What the cache tests run in processes of their own."""

from __future__ import annotations

import os
import time
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console

from clusters.components.cache import ComponentCache
from clusters.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b"binary" * 1000


def quiet() -> Progress:
    """Progress that nobody sees."""
    return Progress(Console(file=StringIO()))


def fill_slowly(directory: Path, marker: Path) -> None:
    """Ask for an entry whose filling takes a moment, and note in ``marker`` that it was filled."""

    def fill(content: Path) -> str:
        with marker.open("a") as file:
            file.write(f"{os.getpid()}\n")
        (content / "tool").write_bytes(CONTENT[:10])
        time.sleep(0.2)
        (content / "tool").write_bytes(CONTENT)
        return "build"

    entry, _ = ComponentCache(directory, quiet()).get("tool-v1", "recipe", fill)
    assert (entry.directory / "tool").read_bytes() == CONTENT


def fill_forever(directory: Path, marker: Path) -> None:
    """Ask for an entry whose filling never ends; ``marker`` appears once half of it is written."""

    def fill(content: Path) -> str:
        (content / "tool").write_bytes(CONTENT[:10])
        marker.touch()
        time.sleep(600)
        return "build"

    ComponentCache(directory, quiet()).get("tool-v1", "recipe", fill)
