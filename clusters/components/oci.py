"""OCI image archives written with the standard library: same content, same bytes.

The layout is that of https://github.com/opencontainers/image-spec/blob/main/image-layout.md. containerd imports it with
the name in the annotation ``io.containerd.image.name``; the ``manifest.json`` beside it is for ``docker load`` of
engines that don't read OCI layouts yet.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_OCI = "application/vnd.oci.image"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageContent:
    """An image of one layer.

    Attributes:
        reference: Its name with tag, such as ``localhost/resize-conformance/stress:1``.
        arch: The processor as Go names it.
        entrypoint: What the container runs.
        command: Its default arguments.
        files: Content by path without the leading slash; all are executable by everybody, as binaries must be.
        texts: Plain files by path, mode 0644.
        links: Target of symbolic links by path.
        sticky_directories: Directories that everybody may write to (mode 1777).
    """

    reference: str
    arch: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...] = ()
    files: Mapping[str, bytes]
    texts: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    sticky_directories: tuple[str, ...] = ("tmp",)


def layer_tar(image: ImageContent) -> bytes:
    """The image's only layer, uncompressed: it is imported on the machine that made it."""
    entries: dict[str, tuple[tarfile.TarInfo, bytes]] = {}
    for path, content in image.files.items():
        _add(entries, path, tarfile.REGTYPE, 0o755, content)
    for path, content in image.texts.items():
        _add(entries, path, tarfile.REGTYPE, 0o644, content)
    for path, target in image.links.items():
        _add(entries, path, tarfile.SYMTYPE, 0o777)
        entries[path][0].linkname = target
    for path in image.sticky_directories:
        _add(entries, path, tarfile.DIRTYPE, 0o1777)
    return _tar(entries)


def archive_bytes(image: ImageContent) -> bytes:
    """The image as a tar archive in OCI layout."""
    blobs: dict[str, bytes] = {}
    layer = layer_tar(image)
    layer_descriptor = _blob(blobs, f"{_OCI}.layer.v1.tar", layer)
    config = {
        "architecture": image.arch,
        "os": "linux",
        "config": {
            "Entrypoint": list(image.entrypoint),
            "Cmd": list(image.command),
            "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
            "WorkingDir": "/",
        },
        "rootfs": {"type": "layers", "diff_ids": [layer_descriptor["digest"]]},
    }
    config_descriptor = _blob(blobs, f"{_OCI}.config.v1+json", _json(config))
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": config_descriptor,
        "layers": [layer_descriptor],
    }
    manifest_descriptor = _blob(blobs, f"{_OCI}.manifest.v1+json", _json(manifest))
    manifest_descriptor["platform"] = {"architecture": image.arch, "os": "linux"}
    manifest_descriptor["annotations"] = {
        "io.containerd.image.name": image.reference,
        "org.opencontainers.image.ref.name": image.reference.rsplit(":", 1)[1],
    }
    index = {"schemaVersion": 2, "mediaType": f"{_OCI}.index.v1+json", "manifests": [manifest_descriptor]}
    docker = [
        {
            "Config": _path(config_descriptor),
            "RepoTags": [image.reference],
            "Layers": [_path(layer_descriptor)],
        }
    ]
    files = {
        "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
        "index.json": _json(index),
        "manifest.json": _json(docker),
        **blobs,
    }
    entries: dict[str, tuple[tarfile.TarInfo, bytes]] = {}
    for path, content in files.items():
        _add(entries, path, tarfile.REGTYPE, 0o644, content)
    return _tar(entries)


def _blob(blobs: dict[str, bytes], media_type: str, content: bytes) -> dict[str, Any]:
    """Store a blob and return its descriptor."""
    descriptor = {
        "mediaType": media_type,
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "size": len(content),
    }
    blobs[_path(descriptor)] = content
    return descriptor


def _path(descriptor: Mapping[str, Any]) -> str:
    return f"blobs/{descriptor['digest'].replace(':', '/')}"


def _json(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _add(
    entries: dict[str, tuple[tarfile.TarInfo, bytes]], path: str, kind: bytes, mode: int, content: bytes = b""
) -> None:
    """Add an entry with the directories above it; owner root and time zero keep the bytes the same everywhere."""
    parent = path.rpartition("/")[0]
    if parent and parent not in entries:
        _add(entries, parent, tarfile.DIRTYPE, 0o755)
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.size = kind, mode, len(content)
    entries[path] = info, content


def _tar(entries: Mapping[str, tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(entries):
            info, content = entries[path]
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
