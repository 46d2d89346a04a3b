"""What this host can do for a local cluster, found out before anything is started."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from pathlib import Path

from clusters.contract import ClusterError
from clusters.local.configuration import NodeTraits
from clusters.local.hostcgroups import Hierarchy, hierarchies
from clusters.local.processes import BIN
from clusters.local.state import clusters_root
from clusters.requirement import Requirement, problems_of, programs

#: Programs of the base system that the provider calls: (name, Debian's package).
NEEDED_PROGRAMS = (("unshare", "util-linux"), ("nsenter", "util-linux"), ("setpriv", "util-linux"), ("ip", "iproute2"))
#: What kube-apiserver, kubelet, containerd and the others open; without them the kubelet ends.
INOTIFY_PER_CLUSTER = 18
_INOTIFY_LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
CAP_SYS_ADMIN = 21
CAP_SYS_RESOURCE = 24


def problems() -> list[str]:
    """Why no node can run on this host's own kernel, one sentence each, with what to do about it."""
    return problems_of(requirements())


def requirements() -> list[Requirement]:
    """What nodes on this host's own kernel take, each with whether it is there."""
    if sys.platform != "linux":
        return [
            Requirement("Linux", ok=False, detail=f"the local provider needs Linux, and this is {platform.system()}")
        ]
    return [
        _root(),
        *programs((name, package, None) for name, package in NEEDED_PROGRAMS),
        *_cgroups(hierarchies()),
        inotify(INOTIFY_PER_CLUSTER),
        _disk(clusters_root()),
        _lower_oom_score(),
    ]


def _root() -> Requirement:
    if os.geteuid() != 0:
        return Requirement(
            "root",
            ok=False,
            detail="this user is not root, and the host's namespaces and cgroups take root",
            remedy='sudo -E env "PATH=$PATH" make conformance, or --node uml, which does without',
        )
    if not has_capability(CAP_SYS_ADMIN):
        return Requirement(
            "root", ok=False, detail="this root has no CAP_SYS_ADMIN", remedy="run the container with --privileged"
        )
    return Requirement("root", ok=True, detail="with CAP_SYS_ADMIN")


def _cgroups(mounted: list[Hierarchy]) -> list[Requirement]:
    controllers = {name for hierarchy in mounted for name in hierarchy.controllers if not name.startswith("name=")}
    found = [
        Requirement(
            "cgroups",
            ok=False,
            detail=f"the cgroup controller {name} is missing",
            remedy="see /proc/cgroups and the kernel's command line; a Raspberry Pi needs cgroup_enable=memory there",
        )
        for name in ("cpu", "memory", "pids")
        if name not in controllers
    ]
    mounts = [hierarchy.mount for hierarchy in mounted if hierarchy.controllers & {"cpu", "memory", "pids"}]
    # Read-only in most containers; and root of a user namespace, as in a rootless container, is nobody there.
    closed = [str(mount) for mount in mounts if os.geteuid() == 0 and not os.access(mount, os.W_OK)]
    if closed:
        found.append(
            Requirement(
                "cgroups",
                ok=False,
                detail=f"{', '.join(closed)} can't be written",
                remedy="run the container as root with --privileged --cgroupns=private, or use --node uml",
            )
        )
    detail = f"{cgroup_version()}, with {', '.join(sorted(controllers))}"
    return found or [Requirement("cgroups", ok=True, detail=detail)]


def inotify(wanted: int) -> Requirement:
    """Whether this user has as many inotify instances left as a cluster takes on the host."""
    if not _INOTIFY_LIMIT.exists():
        return Requirement("inotify", ok=False, detail=f"there is no {_INOTIFY_LIMIT}: no inotify, or it is masked")
    left, limit = inotify_room()
    if left >= wanted:
        return Requirement("inotify", ok=True, detail=f"{left} of {limit} instances are left, a cluster takes {wanted}")
    return Requirement(
        "inotify",
        ok=False,
        detail=f"only {left} of {limit} inotify instances are left, and a cluster needs {wanted}",
        remedy="remove clusters (python -m clusters list), or as root, sysctl -w fs.inotify.max_user_instances=1024",
    )


def _disk(root: Path) -> Requirement:
    kind = file_system_of(root)
    if kind == "tmpfs":
        return Requirement(
            "file system",
            ok=False,
            detail=f"{root} is on tmpfs, where containerd's snapshots don't work",
            remedy="set RESIZE_CONFORMANCE_STATE to a folder on a disk",
        )
    return Requirement("file system", ok=True, detail=f"{kind}, with containerd's snapshotter {snapshotter(root)}")


def _lower_oom_score() -> Requirement:
    if has_capability(CAP_SYS_RESOURCE):
        return Requirement("oom_score_adj", ok=True, detail="CAP_SYS_RESOURCE lets containers get a negative one")
    return Requirement(
        "oom_score_adj",
        ok=False,
        detail="no CAP_SYS_RESOURCE: clusters run, but no container gets a negative oom_score_adj",
        remedy="run the container with --privileged, or use --node uml",
        needed=False,
    )


def inotify_room() -> tuple[int, int]:
    """How many inotify instances this user has left, and the limit (fs.inotify.max_user_instances)."""
    limit = int(_INOTIFY_LIMIT.read_text(encoding="ascii"))
    used = 0
    for descriptors in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError):
            if descriptors.stat().st_uid == os.geteuid():
                used += sum(str(entry.readlink()) == "anon_inode:inotify" for entry in descriptors.iterdir())
    return limit - used, limit


def check_host() -> None:
    """Raise :class:`ClusterError` with every reason why no node can run on this kernel, if there is one."""
    found = problems()
    if found:
        raise ClusterError("no node can run on this host's own kernel:\n" + "\n".join(f"  - {text}" for text in found))


def has_capability(number: int) -> bool:
    """Whether this process has the capability in its effective set."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> number & 1)
    return False


def node_traits(directory: Path, cluster_name: str) -> NodeTraits:
    """What a cluster's node may and can do, given where its files will lie."""
    return NodeTraits(
        cgroup_version=cgroup_version(),
        may_lower_oom_score=has_capability(CAP_SYS_RESOURCE),
        snapshotter=snapshotter(directory),
        cgroup_root=f"/{cluster_name}",
        bin_directory=str(BIN),
    )


def snapshotter(directory: Path) -> str:
    """Containerd's snapshotter that works in a directory."""
    # An overlay can't lie on another one, which is what a container's own file system is.
    return "native" if file_system_of(directory) == "overlay" else "overlayfs"


def cpus() -> int:
    """How many CPUs this process may use."""
    return len(os.sched_getaffinity(0))


def cgroup_version() -> str:
    """The version that has the memory controller on this host, "v1" or "v2"."""
    return "v2" if any(h.unified and "memory" in h.controllers for h in hierarchies()) else "v1"


def facts(traits: NodeTraits) -> dict[str, str]:
    """What the node can't do, or does otherwise than most, by name."""
    found = {"CPUs": str(cpus()), "snapshotter": traits.snapshotter}
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
