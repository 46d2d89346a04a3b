"""The first program of a user-mode node, built from the sources in ``init``."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.errors import ComponentError
from clusters.components.gobuild import find_go
from clusters.components.pins import architecture

if TYPE_CHECKING:
    from clusters.components.cache import ComponentCache
    from clusters.progress import Progress

SOURCES = Path(__file__).with_name("init")
NAME = "node-init"


def node_init(cache: ComponentCache, progress: Progress) -> Path:
    """The program, from the cache or built with Go (a second, and nothing is fetched: it needs no modules).

    Raises:
        ComponentError: Go is missing, or does not build it.
    """

    def fill(content: Path) -> str:
        command = [find_go(), "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"]
        environment = os.environ | {"CGO_ENABLED": "0", "GOOS": "linux", "GOARCH": architecture(), "GOWORK": "off"}
        with progress.step(f"building {NAME}"):
            done = subprocess.run(
                [*command, "-o", str(content / NAME), "."],
                cwd=SOURCES,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            raise ComponentError(f"{NAME} could not be built in {SOURCES}:\n{done.stderr.strip()}")
        return "build"

    entry, _ = cache.get(entry_key(), recipe(), fill)
    return entry.directory / NAME


def entry_key() -> str:
    """The name of the cache's entry, which two checkouts with other sources don't share."""
    return f"{NAME}-{recipe()[:16]}-{architecture()}"


def recipe() -> str:
    """Fingerprint of the sources."""
    digest = hashlib.sha256()
    for source in sorted(SOURCES.glob("*.*")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()
