"""crun: a program in C, of which no Go module is published, so it is the distribution's."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.directory import find_in_directory, printed_version
from clusters.components.errors import ComponentError
from clusters.components.packages import unpacked
from clusters.runtimes import CRUN

if TYPE_CHECKING:
    from clusters.components.cache import ComponentCache
    from clusters.progress import Progress

#: crun before 1.15 refuses the containers of containerd 2.x ("unknown version specified", libcrun/container.c), and
#: Debian 12 has 1.8.1: this suite's brings its own C library, as it is newer than most hosts'.
SUITE = "testing"
#: What asks for the program interpreter in each binary; the replacement must be no longer (System V ABI, PT_INTERP).
_INTERPRETERS = (b"/lib64/ld-linux-x86-64.so.2\0", b"/lib/ld-linux-aarch64.so.1\0")


@dataclass(frozen=True, slots=True)
class Crun:
    """crun as a node can run it.

    Attributes:
        files: What has to be shown on the node, by path below :attr:`place`; the program is ``crun``.
        version: Without the leading v.
    """

    files: dict[str, Path]
    version: str


def crun(cache: ComponentCache, components_dir: Path | None, progress: Progress, *, place: str) -> Crun:
    """The program from a directory that the user names, or with its libraries out of its package, or from PATH.

    Args:
        cache: Keeps the package.
        components_dir: A directory whose binaries come before everything else.
        progress: Where long steps are told.
        place: The folder on the node where :attr:`Crun.files` will be, a short path.

    Raises:
        ComponentError: There is none.
    """
    if components_dir is not None and (named := find_in_directory(components_dir, CRUN)) is not None:
        return Crun({CRUN: named}, printed_version(named))
    try:
        return _from_package(cache, progress, place)
    except ComponentError:
        installed = shutil.which(CRUN)
        if installed is None:
            raise
        return Crun({CRUN: Path(installed)}, printed_version(Path(installed)))


def _from_package(cache: ComponentCache, progress: Progress, place: str) -> Crun:
    root = unpacked(cache, progress, [CRUN], SUITE, whole=True)
    program, loader = root / "usr/bin" / CRUN, next(root.glob("usr/lib*/**/ld-linux-*.so.*"))
    libraries = sorted({path.parent for path in root.glob("usr/lib/*-linux-gnu/*.so.*")})
    ready = root / "ready"
    with cache.lock(f"ready-{CRUN}"):
        if not (ready / CRUN).exists():
            _make_ready(ready, program, loader, libraries, place)
    printed = subprocess.run(
        [loader, "--library-path", ":".join(map(str, libraries)), program, "--version"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    version = printed.stdout.partition("version ")[2].split()
    if not version:
        raise ComponentError(f"{program} does not run here: {printed.stderr.strip() or 'it prints no version'}")
    return Crun({"": ready}, version[0])


def _make_ready(ready: Path, program: Path, loader: Path, libraries: list[Path], place: str) -> None:
    """Put together a folder that works on any node as ``place``, whatever C library is there.

    crun starts itself once more by /proc/self/exe, so it can't be started by its loader: the binary has to name that.
    """
    shutil.rmtree(ready, ignore_errors=True)
    (ready / "lib").mkdir(parents=True)
    for directory in libraries:
        for library in directory.glob("*.so.*"):
            shutil.copy2(library, ready / "lib")
    shutil.copy2(loader, ready / "ld.so")
    content = program.read_bytes()
    for interpreter in _INTERPRETERS:
        ours = f"{place}/ld.so".encode().ljust(len(interpreter), b"\0")
        if len(ours) > len(interpreter):
            raise ComponentError(f"{place} is too long a path for a program interpreter")
        content = content.replace(interpreter, ours)
    (ready / "crun.bin").write_bytes(content)
    (ready / "crun.bin").chmod(0o755)
    script = ready / f".{CRUN}"
    script.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={place}/lib exec {place}/crun.bin "$@"\n', encoding="ascii")
    script.chmod(0o755)
    script.replace(ready / CRUN)
