"""The disks of user-mode nodes: one read-only root for all of them, and a writable one for each."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from functools import cache as memoize
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.cache import sha256_file
from clusters.components.errors import ComponentError
from clusters.components.images import libraries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusters.components.cache import ComponentCache

IMAGE = "root.ext4"
#: What the kubelet, containerd and people at a shell call on the node.
_APPLETS = """
awk basename cat chmod chown cp cut date dd df dirname dmesg du echo env expr false find free grep head hostname id ip
kill ln ls mkdir mktemp modprobe mount mv nproc
od pidof ping ps pwd readlink rm rmdir sed seq sh sleep sort stat sync tail tar
tee test timeout top touch tr true umount uname uptime wc which xargs yes
"""
#: The container runtime copies hosts and resolv.conf into sandboxes.
_ETC = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "group": "root:x:0:\n",
    "hosts": "127.0.0.1 localhost\n",
    "resolv.conf": "",
}
_MOUNT_POINTS = ("dev", "lib/modules", "proc", "run", "sys", "tmp", "var")
#: The files take as much, rounded up, and the file system's own tables.
_SPARE_BYTES = 16 << 20
#: A sparse file: only what a node writes takes room on the host.
STATE_BYTES = 8 << 30


def root_image(cache: ComponentCache, programs: Mapping[str, Path], busybox: Path) -> Path:
    """The root file system with these programs in /bin, made once for the same content.

    Args:
        cache: Keeps it.
        programs: By the name they get; shared libraries they need come along.
        busybox: For everything else.

    Raises:
        ComponentError: mke2fs is missing or fails.
    """
    wanted = {**programs, "busybox": busybox}
    digest = hashlib.sha256(json.dumps([_APPLETS, _ETC, _MOUNT_POINTS]).encode())
    for name, path in sorted(wanted.items()):
        digest.update(f"{name} {_digest(path, path.stat().st_mtime_ns)}\n".encode())

    def fill(content: Path) -> str:
        tree = content.parent / "tree"
        _plant(tree, wanted)
        size_bytes = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
        _mke2fs(content / IMAGE, size_bytes + size_bytes // 8 + _SPARE_BYTES, "-d", str(tree))
        return "build"

    entry, _ = cache.get(f"uml-root-{digest.hexdigest()[:16]}", digest.hexdigest(), fill)
    return entry.directory / IMAGE


def state_disk(path: Path) -> None:
    """Make the empty file system that becomes a node's /var.

    Raises:
        ComponentError: mke2fs is missing or fails.
    """
    # What a crash would lose goes with the cluster anyway, so there is no journal.
    _mke2fs(path, STATE_BYTES, "-O", "^has_journal", "-m", "0")


@memoize
def _digest(path: Path, _mtime_ns: int) -> str:
    """The SHA-256 of a file, read anew where its time is another one than before."""
    return sha256_file(path)


def _plant(tree: Path, programs: Mapping[str, Path]) -> None:
    """Lay the tree out that becomes the root file system."""
    for name in (*_MOUNT_POINTS, "bin", "etc", "sbin", "root"):
        (tree / name).mkdir(parents=True)
    for name, path in programs.items():
        shutil.copy(path, tree / "bin" / name)
        for library, content in libraries(path).items():
            target = tree / library
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            target.chmod(0o755)
    for applet in _APPLETS.split():
        (tree / "bin" / applet).symlink_to("busybox")
    for name, text in _ETC.items():
        (tree / "etc" / name).write_text(text, encoding="ascii")


def _mke2fs(image: Path, size_bytes: int, *options: str) -> None:
    found = shutil.which("mke2fs") or shutil.which("mke2fs", path="/usr/sbin:/sbin")
    if found is None:
        raise ComponentError("the command mke2fs was not found; on Debian or Ubuntu: apt-get install e2fsprogs")
    # The files are to belong to root on the node, and they do for whoever is root in a user namespace.
    wrapper = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user"]
    command = [*wrapper, found, "-q", "-F", "-t", "ext4", *options, str(image), f"{size_bytes >> 10}k"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ComponentError(f"{image} could not be made: `{' '.join(command)}` says: {done.stderr.strip()}")
