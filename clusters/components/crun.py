"""crun: a program in C, which its project publishes without Go module, so it is the distribution's."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.directory import find_in_directory, printed_version
from clusters.components.packages import tree_environment, unpacked
from clusters.components.resolver import Component
from clusters.runtimes import CRUN

if TYPE_CHECKING:
    from clusters.components.cache import ComponentCache
    from clusters.progress import Progress


def crun(cache: ComponentCache, components_dir: Path | None, progress: Progress) -> Component:
    """The program from a directory that the user names, from PATH, or out of its package.

    Raises:
        ComponentError: It is not installed, and its package can't be had.
    """
    if components_dir is not None and (named := find_in_directory(components_dir, CRUN)) is not None:
        return Component(CRUN, named, printed_version(named), "directory")
    installed = shutil.which(CRUN)
    path = Path(installed) if installed is not None else _from_package(cache, progress)
    return Component(CRUN, path, printed_version(path), "directory")


def _from_package(cache: ComponentCache, progress: Progress) -> Path:
    """A script that runs the unpacked program with the libraries that came with it."""
    root = unpacked(cache, progress, [CRUN])
    libraries = tree_environment(root)["LD_LIBRARY_PATH"]
    script = root / CRUN
    if not script.exists():
        with cache.lock(f"script-{CRUN}"):
            partial, program = root / f".{CRUN}", shlex.quote(str(root / "usr/bin" / CRUN))
            command = f'LD_LIBRARY_PATH={shlex.quote(libraries)} exec {program} "$@"'
            partial.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
            partial.chmod(0o755)
            partial.replace(script)
    return script
