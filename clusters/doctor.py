"""``python -m clusters doctor``: what this host has, what it lacks, and what to do about it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.cache import default_cache_directory
from clusters.local import host
from clusters.local.hostcgroups import hierarchies
from clusters.local.state import clusters_root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

_GIB = 1 << 30
#: A cluster writes some hundred MB (images, etcd, logs); the components of two versions and Go's build cache need more.
STATE_BYTES = 1 * _GIB
CACHE_BYTES = 4 * _GIB
#: Since 1.21 Go fetches the newer toolchain that a module asks for (https://go.dev/doc/toolchain).
GO_MINOR = 21
#: Where Go's own instructions put it, often without a change of PATH.
_GO_PATH = "/usr/local/go/bin"
_BUILDS = "only needed where no release can be downloaded and the component is built"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it should be.
        detail: What was found, or what to do.
        needed: Whether there is no cluster without it.
    """

    name: str
    ok: bool
    detail: str
    needed: bool = True


def checks() -> list[Check]:
    """Look at everything."""
    problems = [Check("host", ok=False, detail=text) for text in host.problems()]
    return [
        *(problems or [Check("host", ok=True, detail="root, with the namespaces, programs and controllers it takes")]),
        *_cgroups(),
        *_capabilities(),
        _snapshotter(clusters_root()),
        _space("disk for clusters", clusters_root(), STATE_BYTES, "RESIZE_CONFORMANCE_STATE"),
        _space("disk for components", default_cache_directory(), CACHE_BYTES, "RESIZE_CONFORMANCE_CACHE"),
        _program("stress", "stress", "it goes into the cases' image"),
        _program("busybox", "busybox-static", "it goes into the cases' image"),
        _go(),
        _program("gcc", "gcc libc6-dev", _BUILDS, needed=False),
        _program("pkg-config", "pkg-config", _BUILDS, needed=False),
        _seccomp(),
        _program("chromium", "chromium", "only needed for the report's own tests", needed=False),
    ]


def report(found: Sequence[Check], console: Console) -> int:
    """Print a line for each check.

    Returns:
        1 if something needed is missing, else 0.
    """
    width = max(len(check.name) for check in found)
    for check in found:
        word, colour = ("ok", "green") if check.ok else ("missing", "red") if check.needed else ("absent", "yellow")
        console.print(f"{word:8}", style=colour, end="")
        console.print(f"{check.name:{width}}  {check.detail}", markup=False, soft_wrap=True)
    missing = [check.name for check in found if check.needed and not check.ok]
    if missing:
        console.print(f"No local cluster can run here until this is mended: {', '.join(missing)}.", markup=False)
        return 1
    console.print("Local clusters can run here.")
    return 0


def _cgroups() -> list[Check]:
    mounted = hierarchies()
    unified = any(hierarchy.unified and "memory" in hierarchy.controllers for hierarchy in mounted)
    names = sorted({name for hierarchy in mounted for name in hierarchy.controllers if not name.startswith("name=")})
    return [
        Check("cgroup version", ok=bool(mounted), detail="v2" if unified else "v1" if names else "none is mounted"),
        # Whether a needed one is missing is among the host's problems; these are for the reader.
        Check("cgroup controllers", ok=bool(names), detail=", ".join(names) or "none"),
    ]


def _capabilities() -> list[Check]:
    admin, resource = (host.has_capability(number) for number in (host.CAP_SYS_ADMIN, host.CAP_SYS_RESOURCE))
    return [
        Check("CAP_SYS_ADMIN", ok=admin, detail="" if admin else "run as root; a container needs --privileged"),
        Check(
            "CAP_SYS_RESOURCE",
            ok=resource,
            detail="" if resource else "clusters run without it, but no container gets a negative oom_score_adj",
            needed=False,
        ),
    ]


def _snapshotter(root: Path) -> Check:
    kind = host.file_system_of(root)
    snapshotter = host.node_traits(root).snapshotter
    if kind == "tmpfs":
        return Check(
            "snapshotter", ok=False, detail=f"{root} is on tmpfs; set RESIZE_CONFORMANCE_STATE to a folder on a disk"
        )
    return Check("snapshotter", ok=True, detail=f"{snapshotter}, on {kind}")


def _space(name: str, directory: Path, wanted_bytes: int, variable: str) -> Check:
    existing = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    free_bytes = shutil.disk_usage(existing).free
    detail = f"{free_bytes / _GIB:.1f} GiB free in {directory}"
    if free_bytes >= wanted_bytes:
        return Check(name, ok=True, detail=detail)
    return Check(
        name, ok=False, detail=f"{detail}, {wanted_bytes / _GIB:.0f} GiB are wanted; make room or set {variable}"
    )


def _program(name: str, packages: str, purpose: str, *, needed: bool = True) -> Check:
    path = shutil.which(name)
    if path is not None:
        return Check(name, ok=True, detail=path, needed=needed)
    return Check(name, ok=False, detail=f"{purpose}; on Debian or Ubuntu: apt-get install {packages}", needed=needed)


def _go() -> Check:
    go = shutil.which("go") or shutil.which("go", path=_GO_PATH)
    if go is None:
        return Check("Go", ok=False, detail=f"{_BUILDS}; see https://go.dev/doc/install", needed=False)
    told = subprocess.run([go, "env", "GOVERSION", "GOTOOLCHAIN"], capture_output=True, text=True, check=False)
    version, toolchain, *_ = [*told.stdout.splitlines(), "", ""]
    digits = version.removeprefix("go").split(".")
    minor = int(digits[1]) if len(digits) > 1 and digits[1].isdigit() else 0
    if minor < GO_MINOR:
        detail = f"{go} is {version or 'broken'}, and 1.{GO_MINOR} or newer is wanted; see https://go.dev/doc/install"
        return Check("Go", ok=False, detail=detail, needed=False)
    fetches = "which must be as new as each component asks for" if toolchain == "local" else "newer ones are fetched"
    return Check("Go", ok=True, detail=f"{version} at {go}, GOTOOLCHAIN={toolchain}: {fetches}", needed=False)


def _seccomp() -> Check:
    known = shutil.which("pkg-config") is not None and (
        subprocess.run(["pkg-config", "--exists", "libseccomp"], env=dict(os.environ), check=False).returncode == 0
    )
    if known or Path("/usr/include/seccomp.h").exists():
        return Check("libseccomp headers", ok=True, detail="for runc", needed=False)
    detail = f"{_BUILDS}, here runc; on Debian or Ubuntu: apt-get install libseccomp-dev"
    return Check("libseccomp headers", ok=False, detail=detail, needed=False)
