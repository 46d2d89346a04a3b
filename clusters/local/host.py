"""What this host can do for a local cluster, found out before anything is started."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from clusters.contract import ClusterError
from clusters.local.configuration import NodeTraits
from clusters.local.hostcgroups import hierarchies

#: Programs of the base system that the provider calls: (name, Debian's package).
NEEDED_PROGRAMS = (("unshare", "util-linux"), ("nsenter", "util-linux"), ("setpriv", "util-linux"), ("ip", "iproute2"))
#: What kube-apiserver, kubelet, containerd and the others open; without them the kubelet ends.
INOTIFY_PER_CLUSTER = 18
CAP_SYS_ADMIN = 21
CAP_SYS_RESOURCE = 24


def problems() -> list[str]:
    """Why no local cluster can run here, one sentence each, with what to do about it."""
    found = []
    if sys.platform != "linux":
        return [f"the local provider needs Linux, and this is {platform.system()}"]
    if os.geteuid() != 0:
        found.append("the local provider makes namespaces and cgroups and needs root: run the command with sudo -E")
    elif not has_capability(CAP_SYS_ADMIN):
        found.append("this root has no CAP_SYS_ADMIN: in a container, run it with --privileged")
    found += [
        f"the program {program} is missing: on Debian or Ubuntu, apt-get install {package}"
        for program, package in NEEDED_PROGRAMS
        if shutil.which(program) is None
    ]
    controllers = {name for hierarchy in hierarchies() for name in hierarchy.controllers}
    found += [
        f"the cgroup controller {name} is missing: see /proc/cgroups and the kernel's command line"
        for name in ("cpu", "memory", "pids")
        if name not in controllers
    ]
    left, limit = inotify_room()
    if left < INOTIFY_PER_CLUSTER:
        found.append(
            f"only {left} of {limit} inotify instances are left, and a cluster needs {INOTIFY_PER_CLUSTER}: remove "
            f"clusters (python -m clusters list), or allow more (sysctl -w fs.inotify.max_user_instances=1024)"
        )
    return found


def inotify_room() -> tuple[int, int]:
    """How many inotify instances this user has left, and the limit (fs.inotify.max_user_instances)."""
    limit = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text(encoding="ascii"))
    used = 0
    for descriptors in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError):
            if descriptors.stat().st_uid == os.geteuid():
                used += sum(str(entry.readlink()) == "anon_inode:inotify" for entry in descriptors.iterdir())
    return limit - used, limit


def check_host() -> None:
    """Raise :class:`ClusterError` with every reason why no local cluster can run here, if there is one."""
    found = problems()
    if found:
        raise ClusterError("no local cluster can run on this host:\n" + "\n".join(f"  - {text}" for text in found))


def has_capability(number: int) -> bool:
    """Whether this process has the capability in its effective set."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> number & 1)
    return False


def node_traits(directory: Path) -> NodeTraits:
    """What the node may and can do, given where its files will lie."""
    memory_is_unified = any(h.unified and "memory" in h.controllers for h in hierarchies())
    return NodeTraits(
        cgroup_version="v2" if memory_is_unified else "v1",
        may_lower_oom_score=has_capability(CAP_SYS_RESOURCE),
        # An overlay can't lie on another one, which is what a container's own file system is.
        snapshotter="native" if file_system_of(directory) == "overlay" else "overlayfs",
    )


def facts(traits: NodeTraits) -> dict[str, str]:
    """What the node can't do, or does otherwise than most, by name."""
    found = {"CPUs": str(len(os.sched_getaffinity(0))), "snapshotter": traits.snapshotter}
    if not traits.may_lower_oom_score:
        found["oom_score_adj"] = "the host lacks CAP_SYS_RESOURCE: containers can't get a negative oom_score_adj"
    return found


def file_system_of(directory: Path) -> str:
    """The type of the file system that holds ``directory`` (or its nearest parent that exists)."""
    resolved = next(path for path in (directory, *directory.parents) if path.exists()).resolve()
    best = (0, "unknown")
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        left, _, right = line.partition(" - ")
        mount = left.split()[4]
        if resolved.is_relative_to(mount) and len(mount) >= best[0]:
            best = (len(mount), right.split()[0])
    return best[1]
