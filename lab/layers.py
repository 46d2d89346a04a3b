"""Layers of an image: files by their path in it, written as a tar archive."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What a layer adds.

    Attributes:
        archive: A tar archive that is the layer as it is; with it the other attributes stay empty.
        files: Files of this machine by their path in the image, without the leading slash; modes are kept.
        texts: Content by path, mode 0644.
        links: Targets of symbolic links by path.
    """

    archive: Path | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Layer:
        """From what :func:`dataclasses.asdict` made of one, and JSON of that."""
        archive = document["archive"]
        return cls(
            archive=None if archive is None else Path(archive),
            files={name: Path(path) for name, path in document["files"].items()},
            texts=document["texts"],
            links=document["links"],
        )

    def fingerprint(self) -> str:
        """Changes when the layer would."""
        named = dict(self.files) | ({} if self.archive is None else {"": self.archive})
        digest = hashlib.sha256(fingerprint_of(named).encode())
        for path, text in (*sorted(self.texts.items()), *sorted(self.links.items())):
            digest.update(f"{path}\0{text}\n".encode())
        return digest.hexdigest()

    def write(self, path: Path) -> Path:
        """Write the layer to a file, and return the file that has it."""
        if self.archive is not None:
            return self.archive
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
            for directory in sorted(self._directories()):
                archive.addfile(_entry(directory, tarfile.DIRTYPE, 0o755))
            for name, source in sorted(self.files.items()):
                with source.open("rb") as content:
                    status = os.fstat(content.fileno())
                    archive.addfile(_entry(name, tarfile.REGTYPE, status.st_mode & 0o777, status.st_size), content)
            for name, text in sorted(self.texts.items()):
                encoded = text.encode()
                archive.addfile(_entry(name, tarfile.REGTYPE, 0o644, len(encoded)), io.BytesIO(encoded))
            for name, target in sorted(self.links.items()):
                link = _entry(name, tarfile.SYMTYPE, 0o777)
                link.linkname = target
                archive.addfile(link)
        return path

    def _directories(self) -> Iterator[str]:
        paths = (*self.files, *self.texts, *self.links)
        yield from {str(parent) for path in paths for parent in Path(path).parents if str(parent) != "."}


def fingerprint_of(files: Mapping[str, Path]) -> str:
    """Changes when files do; they are told apart by size and time, as reading them takes seconds."""
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        status = path.stat()
        digest.update(f"{name}\0{path}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_mode}\n".encode())
    return digest.hexdigest()


def folder(directory: Path) -> dict[str, Path]:
    """A folder's files by their path below it, for :attr:`Layer.files`."""
    return {str(path.relative_to(directory)): path for path in sorted(directory.rglob("*")) if path.is_file()}


def _entry(path: str, kind: bytes, mode: int, size: int = 0) -> tarfile.TarInfo:
    """An entry that belongs to root and has no time, so that the same content makes the same layer."""
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.size = kind, mode, size
    return info
