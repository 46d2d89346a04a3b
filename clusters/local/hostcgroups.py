"""The cluster's own cgroup subtree on the host: made before its first process, removed after its last one."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: Without these the kubelet doesn't start or can't resize: (controller, what it is for).
NEEDED_CONTROLLERS = ("cpu", "memory")
#: How long processes may take to be gone after SIGKILL, which the kernel may delay for one in a disk wait.
KILL_PATIENCE_S = 8.0


class CgroupError(Exception):
    """The host's cgroups can't hold a cluster; the message says what is missing and how to get it."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """One mounted cgroup hierarchy: where it is, and which controllers it has (none for a named one)."""

    mount: Path
    controllers: frozenset[str]
    unified: bool


def hierarchies(mounts: str | None = None) -> list[Hierarchy]:
    """The cgroup hierarchies mounted on this host.

    Args:
        mounts: Text in the format of /proc/self/mounts; None reads that file.
    """
    text = Path("/proc/self/mounts").read_text(encoding="utf-8") if mounts is None else mounts
    found: dict[Path, Hierarchy] = {}
    for line in text.splitlines():
        _, mount, kind, options = line.split()[:4]
        if kind == "cgroup":
            words = frozenset(options.split(","))
            found.setdefault(Path(mount), Hierarchy(Path(mount), words - {"rw", "relatime", "nosuid"}, unified=False))
        elif kind == "cgroup2":
            listed = Path(mount, "cgroup.controllers")
            controllers = frozenset(listed.read_text(encoding="utf-8").split()) if listed.exists() else frozenset()
            found.setdefault(Path(mount), Hierarchy(Path(mount), controllers, unified=True))
    return list(found.values())


def create_subtree(name: str) -> str:
    """Make the cgroup ``/NAME`` with a leaf ``system`` in each hierarchy.

    Returns:
        The cgroup's path below every hierarchy, ``/NAME``, which becomes the kubelet's cgroupRoot.

    Raises:
        CgroupError: A controller that resizing needs is missing, or the hierarchy can't be written to.
    """
    mounted = hierarchies()
    for controller in NEEDED_CONTROLLERS:
        if not any(controller in hierarchy.controllers for hierarchy in mounted):
            raise CgroupError(
                f"this host has no cgroup controller {controller!r} (see /proc/cgroups and /sys/fs/cgroup). "
                f"Mount it, or boot a kernel with it; a Raspberry Pi needs cgroup_enable=memory on its command line"
            )
    for hierarchy in mounted:
        if holders := _processes(hierarchy.mount / name):
            raise CgroupError(
                f"the cgroup {hierarchy.mount / name} is in use by {len(holders)} processes, such as {holders[0]}: "
                f"another user's or state folder's cluster has the name {name!r}; remove that one or take another name"
            )
    remove_subtree(name)
    try:
        for hierarchy in mounted:
            leaf = hierarchy.mount / name / "system"
            if hierarchy.unified:
                _delegate(hierarchy.mount, hierarchy.controllers)
            leaf.mkdir(parents=True)
            if hierarchy.unified:
                _delegate(leaf.parent, hierarchy.controllers)
            if "cpuset" in hierarchy.controllers and not hierarchy.unified:
                for directory in (leaf.parent, leaf):
                    _copy_cpuset(directory)
    except OSError as error:
        remove_subtree(name)
        raise CgroupError(
            f"cannot make the cgroup {error.filename}: {error.strerror}. The local provider needs root and a writable "
            f"/sys/fs/cgroup; in a container run it with --privileged and --cgroupns=private"
        ) from error
    return f"/{name}"


def enter_system_leaf(name: str) -> None:
    """Move this process, and with it all that it starts later, into the subtree's leaf ``system``."""
    for hierarchy in hierarchies():
        (hierarchy.mount / name / "system" / "cgroup.procs").write_text("0", encoding="ascii")


def remove_subtree(name: str) -> None:
    """Kill whatever still runs in the subtree and remove it from every hierarchy.

    Raises:
        CgroupError: Something could not be removed within a few seconds; the message names it.
    """
    deadline = time.monotonic() + KILL_PATIENCE_S
    for hierarchy in hierarchies():
        root = hierarchy.mount / name
        while root.exists():
            left = _remove_bottom_up(root)
            if left is None:
                break
            if time.monotonic() > deadline:
                raise CgroupError(f"cannot remove the cgroup {left}: processes in it won't end")
            time.sleep(0.02)


def _processes(root: Path) -> list[int]:
    """The processes in a tree of cgroups."""
    found: list[int] = []
    for directory, _, _ in os.walk(root):
        with suppress(OSError):
            found += [int(pid) for pid in Path(directory, "cgroup.procs").read_text(encoding="ascii").split()]
    return found


def _remove_bottom_up(root: Path) -> Path | None:
    """Try to remove the tree once; the first directory that is still busy is returned."""
    busy: Path | None = None
    for directory, _, _ in os.walk(root, topdown=False):
        path = Path(directory)
        with suppress(OSError):
            for pid in (path / "cgroup.procs").read_text(encoding="ascii").split():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
        try:
            path.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            busy = busy or path
    return busy


def _delegate(directory: Path, controllers: frozenset[str]) -> None:
    """Hand the controllers down to the directory's children, as cgroup v2 wants it done at each level."""
    wanted = controllers - set((directory / "cgroup.subtree_control").read_text(encoding="ascii").split())
    if wanted:
        (directory / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in sorted(wanted)))


def _copy_cpuset(directory: Path) -> None:
    """A new cpuset of cgroup v1 is empty, and no process can enter it before it has CPUs and memory nodes."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        (directory / name).write_text((directory.parent / name).read_text())
