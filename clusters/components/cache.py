"""The cache of component binaries, shared safely by any number of processes.

One directory an entry, such as ``kubernetes-v1.37.2-amd64``, with a ``manifest.json`` beside the binaries. An entry is
filled under a lock in a work directory and renamed into place, so a reader sees all of it or nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from filelock import FileLock

from clusters.components.errors import ComponentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from clusters.progress import Progress

#: Names the cache directory, for CI services that keep one directory between runs.
CACHE_VARIABLE = "RESIZE_CONFORMANCE_CACHE"

_MANIFEST = "manifest.json"


def default_cache_directory() -> Path:
    """``$RESIZE_CONFORMANCE_CACHE``, or else ``~/.cache/resize-conformance`` (the XDG rules apply)."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else platformdirs.user_cache_path("resize-conformance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a cache entry holds.

    Attributes:
        directory: Where its files are.
        source: How they were made: ``release`` or ``build``.
        recipe: Fingerprint of the build's settings and sources; empty for a release, which has its published checksum.
    """

    directory: Path
    source: str
    recipe: str


class _BrokenEntryError(Exception):
    """An entry is there but can't be used; the text says why, for a progress line."""


class ComponentCache:
    """Cache entries below one directory."""

    def __init__(self, directory: Path, progress: Progress) -> None:
        self.directory = directory
        self._progress = progress

    def lookup(self, key: str, recipe: str) -> Entry | None:
        """The entry if it is whole and, when it was built, built the same way as it would be now."""
        try:
            return self._check(key, recipe)
        except _BrokenEntryError:
            return None

    def get(self, key: str, recipe: str, fill: Callable[[Path], str]) -> tuple[Entry, bool]:
        """The entry, filled first where that is needed.

        Args:
            key: The entry's name, a file name.
            recipe: Fingerprint of how a build would be made now.
            fill: Puts the files into the empty directory it is given and returns their source, release or build.

        Returns:
            The entry, and whether it was there before.

        Raises:
            ComponentError: The cache directory can't be written. Whatever ``fill`` raises passes through.
        """
        found = self.lookup(key, recipe)
        if found is not None:
            return found, True
        with self.lock(key):
            try:
                found = self._check(key, recipe)
            except _BrokenEntryError as reason:
                self._progress.say(f"{key} in {self.directory} is made anew: {reason}")
            if found is not None:
                return found, True
            # Nobody else works on this entry while we hold its lock: what is left here is from a killed process.
            for stale in self.directory.glob(f".work-{key}-*"):
                shutil.rmtree(stale, ignore_errors=True)
            return self._fill(key, recipe, fill), False

    def remove(self, key: str) -> int:
        """Remove an entry; who uses its files keeps them until it lets go.

        Returns:
            How many bytes that frees.

        Raises:
            ComponentError: The cache directory can't be written.
        """
        entry = self.directory / key
        with self.lock(key):
            if not entry.exists():
                return 0
            # Hard links to one file take its room once.
            sizes = {path.stat().st_ino: path.stat().st_size for path in entry.iterdir()}
            try:
                work = Path(tempfile.mkdtemp(dir=self.directory, prefix=f".work-{key}-"))
                entry.rename(work / "removed")
                shutil.rmtree(work)
            except OSError as error:
                raise self._unwritable(error) from error
        return sum(sizes.values())

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a lock that other processes and threads respect; the kernel lets go of it when its holder dies."""
        try:
            locks = self.directory / ".locks"
            locks.mkdir(parents=True, exist_ok=True)
            lock = FileLock(locks / name)
            with self._progress.step(f"waiting for another run that prepares {name}"):
                lock.acquire()
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            yield
        finally:
            lock.release()

    def _fill(self, key: str, recipe: str, fill: Callable[[Path], str]) -> Entry:
        work = Path(tempfile.mkdtemp(dir=self.directory, prefix=f".work-{key}-"))
        try:
            content = work / "content"
            content.mkdir()
            source = fill(content)
            entry = Entry(directory=self.directory / key, source=source, recipe=recipe if source == "build" else "")
            _write_manifest(content, entry, _describe(content))
            if entry.directory.exists():
                entry.directory.rename(work / "replaced")
            content.rename(entry.directory)
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return entry

    def _unwritable(self, error: OSError) -> ComponentError:
        return ComponentError(
            f"the cache directory {self.directory} can't be written: {error.strerror or error}. "
            f"Make room or name another one in {CACHE_VARIABLE}."
        )

    def _check(self, key: str, recipe: str) -> Entry | None:
        directory = self.directory / key
        if not directory.exists():
            return None
        try:
            manifest = json.loads((directory / _MANIFEST).read_text(encoding="utf-8"))
            entry = Entry(directory=directory, source=manifest["source"], recipe=manifest["recipe"])
            files: dict[str, dict[str, Any]] = manifest["files"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _BrokenEntryError("its manifest can't be read") from error
        if entry.recipe and entry.recipe != recipe:
            raise _BrokenEntryError("its build settings have changed")
        touched = False
        for name, expected in files.items():
            touched |= _check_file(directory / name, expected)
        if touched and os.access(directory, os.W_OK):
            _write_manifest(directory, entry, files)
        return entry


def _check_file(path: Path, expected: dict[str, Any]) -> bool:
    """Check size and time, and the content only if the time differs: hashing 150 MB each run would cost a second.

    Returns:
        Whether the time differed though the content is right, as after a copy; ``expected`` is brought up to date.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise _BrokenEntryError(f"{path.name} is missing") from error
    if status.st_size != expected["size"]:
        raise _BrokenEntryError(f"{path.name} has {status.st_size} bytes instead of {expected['size']}")
    if status.st_mtime_ns == expected["mtime_ns"]:
        return False
    if sha256_file(path) != expected["sha256"]:
        raise _BrokenEntryError(f"the content of {path.name} was altered")
    expected["mtime_ns"] = status.st_mtime_ns
    return True


def _describe(directory: Path) -> dict[str, dict[str, Any]]:
    """Size, time and SHA-256 of each file; hard links to one file are read once."""
    digests: dict[int, str] = {}
    described = {}
    for path in sorted(directory.iterdir()):
        status = path.stat()
        if status.st_ino not in digests:
            digests[status.st_ino] = sha256_file(path)
        described[path.name] = {
            "sha256": digests[status.st_ino],
            "size": status.st_size,
            "mtime_ns": status.st_mtime_ns,
        }
    return described


def _write_manifest(directory: Path, entry: Entry, files: Mapping[str, Mapping[str, Any]]) -> None:
    document = {"name": entry.directory.name, "source": entry.source, "recipe": entry.recipe, "files": files}
    with tempfile.NamedTemporaryFile("w", dir=directory, prefix=".manifest-", delete=False) as file:
        json.dump(document, file, indent=1)
    Path(file.name).chmod(0o644)
    Path(file.name).rename(directory / _MANIFEST)


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
