"""What every kind of cluster takes of this machine: room, components, and the tools that make those not there yet."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from clusters.components.directory import find_in_directory
from clusters.components.errors import ComponentError
from clusters.components.gobuild import recipe
from clusters.components.pins import load_pins, resolve_version
from clusters.components.resolver import entry_key
from clusters.doctor.golang import go_requirement
from clusters.local.state import clusters_root
from clusters.requirement import Requirement
from clusters.versions import KubeVersion

if TYPE_CHECKING:
    from clusters.components.cache import ComponentCache
    from clusters.components.pins import Project

_GIB = 1 << 30
#: A cluster writes some hundred MB (images, etcd, logs).
STATE_BYTES = 1 * _GIB
#: The components of two versions, a kernel and its source while it is built; with all of them there, little more.
CACHE_BYTES, FULL_CACHE_BYTES = 4 * _GIB, _GIB // 4
#: A control plane and a node with the cases' pods.
MEMORY_BYTES = 2 * _GIB


def shared_requirements(cache: ComponentCache, components_dir: Path | None) -> list[Requirement]:
    """What clusters take whatever their nodes are.

    Args:
        cache: Holds the components that are there already.
        components_dir: Has components that need no making; None without it.
    """
    components, to_build = _components(cache, components_dir)
    return [
        _memory(),
        _room("disk for clusters", clusters_root(), STATE_BYTES, "RESIZE_CONFORMANCE_STATE"),
        _room(
            "disk for cache",
            cache.directory,
            FULL_CACHE_BYTES if components.ok else CACHE_BYTES,
            "RESIZE_CONFORMANCE_CACHE",
        ),
        components,
        go_requirement(to_build),
        _compiler(),
        _packaged("stress", "stress", "it goes into the cases' image"),
        _packaged("busybox", "busybox-static", "it goes into the images and onto user-mode nodes"),
        _seccomp_headers(),
    ]


def _memory() -> Requirement:
    available = psutil.virtual_memory().available
    detail = f"{len(os.sched_getaffinity(0))} CPUs, {available / _GIB:.1f} GiB of memory available"
    if available >= MEMORY_BYTES:
        return Requirement("CPU, memory", ok=True, detail=detail)
    return Requirement(
        "CPU, memory",
        ok=False,
        detail=f"{detail}, and {MEMORY_BYTES // _GIB} GiB are wanted",
        remedy="end something, or run fewer at a time: WORKERS=1",
        needed=False,
    )


def _room(name: str, directory: Path, wanted_bytes: int, variable: str) -> Requirement:
    existing = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    free_bytes = shutil.disk_usage(existing).free
    found = f"{free_bytes / _GIB:.1f} GiB free in {directory}"
    wrong = ""
    if not os.access(existing, os.W_OK | os.X_OK):
        wrong = f"{existing} can't be written by this user"
    elif os.statvfs(existing).f_flag & os.ST_NOEXEC:
        wrong = f"{existing} is mounted with noexec, and no component runs from there"
    elif free_bytes < wanted_bytes:
        wrong = f"{found}, and {wanted_bytes / _GIB:.2g} GiB are wanted"
    if not wrong:
        return Requirement(name, ok=True, detail=found)
    return Requirement(name, ok=False, detail=wrong, remedy=f"set {variable} to a folder with room")


def _components(cache: ComponentCache, components_dir: Path | None) -> tuple[Requirement, list[str]]:
    """What the cache lacks of what the newest version takes, and what of it has to be built with Go in any case."""
    newest = resolve_version(max(KubeVersion.parse(minor) for minor in load_pins().kube_patches))
    missing = [
        project
        for project in load_pins().projects(newest)
        if not project.provider
        and not _is_named(project, components_dir)
        and cache.lookup(entry_key(project), recipe(project)) is None
    ]
    if not missing:
        return Requirement("components", ok=True, detail=f"all for Kubernetes {newest} are there"), []
    told = f"the first run downloads or builds {', '.join(project.title for project in missing)}"
    to_build = [project.title for project in missing if project.release is None]
    return Requirement("components", ok=False, detail=told, needed=False), to_build


def _is_named(project: Project, components_dir: Path | None) -> bool:
    """Whether --components-dir has all of a project; what is no program there is told when it is asked for."""
    try:
        return components_dir is not None and all(
            find_in_directory(components_dir, name) is not None for name in project.components
        )
    except ComponentError:
        return False


def _compiler() -> Requirement:
    """What builds the user-mode kernel and runc where they can't be had otherwise; each of them says so then."""
    if shutil.which("gcc") is not None and Path("/usr/include/stdlib.h").exists():
        return Requirement("C compiler", ok=True, detail=f"{shutil.which('gcc')}, with the C library's headers")
    return Requirement(
        "C compiler",
        ok=False,
        detail="no gcc, or not the C library's headers; the user-mode kernel and runc may have to be built",
        remedy="on Debian or Ubuntu, apt-get install gcc libc6-dev make xz-utils",
        needed=False,
    )


def _packaged(name: str, package: str, purpose: str) -> Requirement:
    """A program that is installed, or comes out of its package without being installed."""
    path = shutil.which(name)
    if path is not None:
        return Requirement(name, ok=True, detail=path)
    if _can_unpack():
        return Requirement(name, ok=True, detail=f"not installed; it is taken out of the package {package}")
    return Requirement(
        name, ok=False, detail=f"not found; {purpose}", remedy=f"install the package that Debian calls {package}"
    )


def _seccomp_headers() -> Requirement:
    name = "libseccomp"
    there = shutil.which("pkg-config") is not None and (
        subprocess.run(["pkg-config", "--exists", name], env=dict(os.environ), check=False).returncode == 0
    )
    if there:
        return Requirement(name, ok=True, detail="its headers are installed, for a build of runc")
    if _can_unpack():
        return Requirement(name, ok=True, detail="headers not installed; a build of runc takes them out of the package")
    return Requirement(
        name,
        ok=False,
        detail="no headers, which runc needs where it is built",
        remedy="install the packages that Debian calls libseccomp-dev and pkg-config",
        needed=False,
    )


def _can_unpack() -> bool:
    """Whether packages can be downloaded and unpacked as :mod:`clusters.components.packages` does it."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None
