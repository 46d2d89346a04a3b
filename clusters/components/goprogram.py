"""Programs of this project's own in Go, built from sources beside the code that uses them; they need no modules."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.errors import ComponentError
from clusters.components.gobuild import find_go
from clusters.components.pins import architecture

if TYPE_CHECKING:
    from clusters.components.cache import ComponentCache
    from clusters.progress import Progress


@dataclass(frozen=True, slots=True)
class GoProgram:
    """One program.

    Attributes:
        name: The file's name, and the cache entry's first part.
        sources: The folder with its main package and its go.mod.
    """

    name: str
    sources: Path

    @property
    def recipe(self) -> str:
        """Fingerprint of the sources; tests don't count."""
        digest = hashlib.sha256()
        for source in sorted(path for path in self.sources.glob("*.*") if not path.name.endswith("_test.go")):
            digest.update(source.name.encode() + b"\0" + source.read_bytes())
        return digest.hexdigest()

    @property
    def entry_key(self) -> str:
        """The name of the cache's entry, which two checkouts with other sources don't share."""
        return f"{self.name}-{self.recipe[:16]}-{architecture()}"

    def path(self, cache: ComponentCache, progress: Progress) -> Path:
        """The program, from the cache or built with Go, which takes a second and fetches nothing.

        Raises:
            ComponentError: Go is missing, or does not build it.
        """

        def fill(content: Path) -> str:
            command = [find_go(), "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"]
            environment = os.environ | {"CGO_ENABLED": "0", "GOOS": "linux", "GOARCH": architecture(), "GOWORK": "off"}
            with progress.step(f"building {self.name}"):
                done = subprocess.run(
                    [*command, "-o", str(content / self.name), "."],
                    cwd=self.sources,
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
            if done.returncode != 0:
                raise ComponentError(f"{self.name} could not be built in {self.sources}:\n{done.stderr.strip()}")
            return "build"

        entry, _ = cache.get(self.entry_key, self.recipe, fill)
        return entry.directory / self.name
