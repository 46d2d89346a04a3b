"""Whether this host lets this user run user-mode nodes: programs, namespaces, interfaces, and a kernel to run."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from functools import cache as memoize
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.directory import find_in_directory
from clusters.components.errors import ComponentError
from clusters.components.kernel import cached_kernel
from clusters.components.kernel_build import require_tools
from clusters.local import host
from clusters.requirement import Requirement, problems_of, programs
from clusters.uml.refusals import Refusal, explain_namespaces, explain_step

if TYPE_CHECKING:
    from clusters.components.cache import ComponentCache

#: Programs of the base system that are looked for on PATH: (name, Debian's package).
NEEDED_PROGRAMS = (("unshare", "util-linux"), ("nsenter", "util-linux"), ("setpriv", "util-linux"), ("ip", "iproute2"))
#: What the control plane opens on the host: the kubelet's and containerd's instances are those of the node's kernel.
INOTIFY_PER_CLUSTER = 12
#: What a probe of :mod:`clusters.uml.probe` is called in the doctor's lines.
_STEPS = {
    "mounts": "mounts",
    "pair": "interfaces",
    "packets": "packet sockets",
    "forwarding": "forwarding",
    "seccomp": "seccomp",
}
_PROJECT_ROOT = Path(__file__).parents[2]
_PROBE_TIMEOUT_S = 30


def problems() -> list[str]:
    """Why no user-mode node can run here, one sentence each, with what to do about it."""
    return problems_of(requirements())


def requirements() -> list[Requirement]:
    """What user-mode nodes take of this host and this user, the kernel they run aside."""
    if sys.platform != "linux":
        return [Requirement("Linux", ok=False, detail=f"user-mode nodes need Linux, and this is {platform.system()}")]
    machine = platform.machine()
    if machine != "x86_64":
        return [
            Requirement(
                "processor",
                ok=False,
                detail=f"user-mode nodes need an x86_64 processor, and this is {machine}",
                remedy="use --node host",
            )
        ]
    programs = _programs()
    # Without unshare and ip there is nothing to try the rest with.
    tried = [] if any(program.blocks for program in programs) else _namespaces()
    return [Requirement("processor", ok=True, detail=machine), *programs, *tried, host.inotify(INOTIFY_PER_CLUSTER)]


def kernel_requirement(cache: ComponentCache, components_dir: Path | None = None) -> Requirement:
    """Whether there is a user-mode kernel, or a way to one; see :func:`clusters.components.kernel.kernel`.

    Args:
        cache: May hold one that was built.
        components_dir: May hold one as the file ``linux``.
    """
    elsewhere = "put a kernel made elsewhere as the file linux into the directory of --components-dir"
    try:
        named = None if components_dir is None else find_in_directory(components_dir, "linux")
    except ComponentError as error:
        return Requirement("kernel", ok=False, detail=str(error))
    if named is not None:
        return Requirement("kernel", ok=True, detail=f"{named}, of --components-dir")
    cached = cached_kernel(cache)
    if cached is not None:
        return Requirement("kernel", ok=True, detail=f"Linux {cached.version}, in the cache")
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return Requirement(
            "kernel", ok=False, detail="no apt-get and dpkg-deb to get the kernel's source with", remedy=elsewhere
        )
    try:
        require_tools()
    except ComponentError as error:
        detail = f"the distribution's package user-mode-linux serves, and may be slow. {error}"
        return Requirement("kernel", ok=False, detail=detail, needed=False)
    return Requirement(
        "kernel", ok=True, detail="to be built once from the distribution's source, 4 minutes on 2 cores"
    )


def _programs() -> list[Requirement]:
    return programs(
        (
            *((name, package, None) for name, package in NEEDED_PROGRAMS),
            # Not on every user's PATH, and so looked for where distributions put it.
            ("mke2fs", "e2fsprogs", f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"),
        )
    )


def _namespaces() -> list[Requirement]:
    """Whether namespaces can be made, and what a cluster does in them works, all of it tried."""
    code, printed, told = _probe()
    as_root = os.geteuid() == 0
    if code != 0:
        return [_refused("namespaces", explain_namespaces(told or f"exit code {code}", as_root=as_root))]
    failures: dict[str, str] = json.loads(printed)
    whose = "root needs no user namespace" if as_root else "a user namespace, and in it PID, mount and network ones"
    found = [Requirement("namespaces", ok=True, detail=whose)]
    found += [
        _refused(title, explain_step(step, failures[step], as_root=as_root))
        for step, title in _STEPS.items()
        if step in failures
    ]
    if working := [title for step, title in _STEPS.items() if step not in failures]:
        found.append(Requirement("inside them", ok=True, detail=", ".join(working)))
    return found


def _refused(name: str, refusal: Refusal) -> Requirement:
    return Requirement(name, ok=False, detail=refusal.detail, remedy=refusal.remedy)


@memoize
def _probe() -> tuple[int, str, str]:
    """Run the probe as the warden runs a cluster's first process; the exit code, and what was printed where.

    What a host allows doesn't change while a process lives, and each cluster's start asks.
    """
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *user, "--pid", "--mount", "--net", "--fork", "--kill-child", "--mount-proc"]
    tried = subprocess.run(
        [*command, sys.executable, "-m", "clusters.uml.probe"],
        cwd=_PROJECT_ROOT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=_PROBE_TIMEOUT_S,
        check=False,
    )
    return tried.returncode, tried.stdout, tried.stderr.strip()
