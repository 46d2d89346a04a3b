"""The two images that every cluster gets, put together from packaged binaries; no registry of images is contacted."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from clusters.components.cache import ComponentCache
from clusters.components.errors import ComponentError
from clusters.components.oci import ImageContent, archive_bytes
from clusters.components.packages import find_program
from clusters.components.pins import architecture
from clusters.progress import Progress

PAUSE_REFERENCE = "localhost/resize-conformance/pause:1"
STRESS_REFERENCE = "localhost/resize-conformance/stress:1"

#: The longest time that busybox's sleep takes on 32 bits, 68 years.
_FOREVER_S = 2**31 - 1

#: What the cases call in containers. Shell builtins (trap, read, printf) are part of sh. Kubernetes' own e2e.test, for
#: which benchmarks give it the image too, asks mount whether a node has cgroup v2.
_APPLETS = """
awk basename cat chmod chroot cp cut date dd dirname echo env expr false find free grep head hostname id kill ln ls
mkdir mktemp mount mv nproc od ps pwd readlink rm sed seq sh sleep sort stat sync tail tee test timeout top touch tr
true uname uptime usleep wc which xargs yes
"""

_PASSWD = b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"

_LIBRARY = re.compile(r"^\s*(?:\S+ => )?(?P<path>/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ImageArchive:
    """An image as a file.

    Attributes:
        path: A tar archive in OCI layout, for ``ctr images import`` and ``docker load``.
        reference: The image's name in pods.
    """

    path: Path
    reference: str


def pause_archive(cache_dir: Path, progress: Progress | None = None) -> ImageArchive:
    """The sandbox image: it only has to be there and to sleep.

    Args:
        cache_dir: Gets the archive, and busybox's package where busybox is not installed.
        progress: Where a download is told.

    Raises:
        ComponentError: busybox is not installed and can't be downloaded.
    """
    busybox = _program("busybox", "busybox-static", cache_dir, progress)
    image = ImageContent(
        reference=PAUSE_REFERENCE,
        arch=architecture(),
        entrypoint=("/bin/busybox", "sleep", str(_FOREVER_S)),
        files={"bin/busybox": busybox.read_bytes()} | libraries(busybox),
    )
    return _archive(cache_dir, "pause", image)


def stress_archive(cache_dir: Path, progress: Progress | None = None) -> ImageArchive:
    """An image that takes stress's arguments, as docker.io/progrium/stress does, and has a shell for other loads.

    Args:
        cache_dir: Gets the archive, and the packages of programs that are not installed.
        progress: Where a download is told.

    Raises:
        ComponentError: stress or busybox is not installed and can't be downloaded.
    """
    stress = _program("stress", "stress", cache_dir, progress)
    busybox = _program("busybox", "busybox-static", cache_dir, progress)
    image = ImageContent(
        reference=STRESS_REFERENCE,
        arch=architecture(),
        entrypoint=("/usr/bin/stress",),
        files={
            "usr/bin/stress": stress.read_bytes(),
            "bin/busybox": busybox.read_bytes(),
            **libraries(stress),
            **libraries(busybox),
        },
        texts={"etc/passwd": _PASSWD, "etc/group": b"root:x:0:\nnogroup:x:65534:\n"},
        links={f"bin/{applet}": "busybox" for applet in _APPLETS.split()},
    )
    return _archive(cache_dir, "stress", image)


def _program(name: str, package: str, cache_dir: Path, progress: Progress | None) -> Path:
    telling = progress or Progress()
    return find_program(name, package, ComponentCache(cache_dir, telling), telling)


def libraries(binary: Path) -> dict[str, bytes]:
    """A binary's shared libraries and its loader, by the path where the loader looks for them.

    Raises:
        ComponentError: A library is missing on this machine.
    """
    listed = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False)
    if "not found" in listed.stdout:
        raise ComponentError(f"{binary} lacks libraries on this machine; reinstall its package:\n{listed.stdout}")
    # A static binary has none: ldd says so and fails.
    return {match["path"].lstrip("/"): Path(match["path"]).read_bytes() for match in _LIBRARY.finditer(listed.stdout)}


def _archive(cache_dir: Path, name: str, image: ImageContent) -> ImageArchive:
    """The archive out of the cache, named after its digest: another stress package makes another archive."""
    content = archive_bytes(image)
    directory = cache_dir / "images"
    path = directory / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}.tar"
    # Making it takes milliseconds, so it is made each time, and a damaged file on disk never gets used.
    if not path.exists() or path.read_bytes() != content:
        directory.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        partial.write_bytes(content)
        partial.rename(path)
    return ImageArchive(path, image.reference)
