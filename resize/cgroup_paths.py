"""Where the cgroup files of a container and of its pod are on a node, on either cgroup version or a mixture of both.

The path comes from the running container itself (``/proc/PID/cgroup``), never from a guess at the kubelet's naming. The
runtime's own record of it (``cgroupsPath``) serves as a cross-check.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusters.contract import Node

CgroupVersion = Literal["v1", "v2"]
CgroupDriver = Literal["cgroupfs", "systemd"]
Level = Literal["container", "pod"]

#: PID 1 first: a node's files may be read from outside its PID namespace, where "self" means nothing or the reader.
_MOUNTINFO_FILES: Final = ("/proc/1/mountinfo", "/proc/self/mountinfo")
#: The v2 hierarchy has no name in /proc/PID/cgroup.
_UNIFIED: Final = ""
#: Options of a v1 hierarchy that are no controllers (``cgroup1_show_options`` in the kernel).
_FLAGS: Final = frozenset({"rw", "ro", "noprefix", "xattr", "clone_children", "cpuset_v2_mode", "favordynmods"})
_OCTAL: Final = re.compile(r"\\([0-7]{3})")


class CgroupLayoutError(Exception):
    """The cgroup layout of a node or container can't be made sense of; the message quotes what was found."""


@dataclass(frozen=True, slots=True)
class CgroupMount:
    """One mounted cgroup hierarchy.

    Attributes:
        path: Where it is mounted.
        root: Which directory of the hierarchy is seen there; not "/" in a container that shares its host's.
        controllers: The v1 controllers, such as ``{"cpu", "cpuacct"}``; None for a v2 hierarchy.
    """

    path: str
    root: str
    controllers: frozenset[str] | None

    def is_of(self, hierarchy: str) -> bool:
        """Whether a hierarchy is mounted here: the name of a v1 controller, or empty for v2."""
        return hierarchy == _UNIFIED if self.controllers is None else hierarchy in self.controllers

    def directory(self, cgroup: str) -> str | None:
        """The directory of a cgroup of this hierarchy, None if it lies outside of what is mounted."""
        if self.root == "/":
            inside = cgroup
        elif cgroup == self.root or cgroup.startswith(self.root + "/"):
            inside = cgroup[len(self.root) :]
        else:
            return None
        return posixpath.join(self.path, inside.lstrip("/")).rstrip("/")


def parse_mountinfo(text: str) -> list[CgroupMount]:
    """The cgroup hierarchies in a ``/proc/PID/mountinfo`` (format: proc(5))."""
    mounts = []
    for line in text.splitlines():
        left, separator, right = line.partition(" - ")
        mount, filesystem = left.split(), right.split()
        if not separator or len(mount) < 5 or len(filesystem) < 3 or filesystem[0] not in {"cgroup", "cgroup2"}:
            continue
        controllers = _controllers(filesystem[2]) if filesystem[0] == "cgroup" else None
        mounts.append(CgroupMount(_unescape(mount[4]), _unescape(mount[3]), controllers))
    return mounts


def read_mounts(node: Node) -> list[CgroupMount]:
    """The cgroup hierarchies that are mounted on a node.

    Raises:
        CgroupLayoutError: The node shows no list of mounts, or no cgroup among them.
    """
    for path in _MOUNTINFO_FILES:
        try:
            mounts = parse_mountinfo(node.read_text(path))
        except (FileNotFoundError, PermissionError):
            continue
        if mounts:
            return mounts
    files = " and ".join(_MOUNTINFO_FILES)
    raise CgroupLayoutError(f"node {node.name}: no cgroup is mounted according to {files}; is /sys/fs/cgroup mounted?")


def cgroup_version(mounts: list[CgroupMount]) -> CgroupVersion:
    """Which version limits memory on a node: "v1" on hybrid hosts whose memory controller is mounted the old way.

    Raises:
        CgroupLayoutError: Neither version has a memory controller mounted.
    """
    if any(mount.controllers and "memory" in mount.controllers for mount in mounts):
        return "v1"
    if any(mount.controllers is None for mount in mounts):
        return "v2"
    seen = ", ".join(f"{mount.path} ({','.join(sorted(mount.controllers or ()))})" for mount in mounts) or "nothing"
    raise CgroupLayoutError(f"no memory controller is mounted, neither cgroup v1 nor v2; mounted: {seen}")


def detect_cgroup_version(node: Node) -> CgroupVersion:
    """Which cgroup version a node's containers are limited by, read from the node.

    Raises:
        CgroupLayoutError: See :func:`read_mounts` and :func:`cgroup_version`.
    """
    return cgroup_version(read_mounts(node))


@dataclass(frozen=True, slots=True)
class CgroupDirectories:
    """The directories of one cgroup, by what is read there; on v2 all three are the same."""

    cpu: str
    cpuacct: str
    memory: str

    def parent(self) -> CgroupDirectories:
        """The directories one level up."""
        return CgroupDirectories(*(posixpath.dirname(path) for path in (self.cpu, self.cpuacct, self.memory)))


@dataclass(frozen=True, slots=True)
class CgroupPaths:
    """The directories of a container's cgroup and of its pod's, which is the one above it."""

    version: CgroupVersion
    container: CgroupDirectories
    pod: CgroupDirectories

    @classmethod
    def parse(cls, proc_cgroup: str, mounts: list[CgroupMount], container_id: str | None = None) -> CgroupPaths:
        """The paths of the container that a process belongs to.

        Args:
            proc_cgroup: The content of ``/proc/PID/cgroup``, as seen from where the mounts were read.
            mounts: From :func:`read_mounts`.
            container_id: If given, the path ends at the directory named after it, for a container that made cgroups
                of its own below and moved its processes there.

        Raises:
            CgroupLayoutError: A controller is missing, or the cgroup lies outside of what is mounted on the node.
        """
        version = cgroup_version(mounts)
        cgroups = _parse_proc_cgroup(proc_cgroup)

        def find(controller: str) -> str:
            hierarchy = controller if version == "v1" else _UNIFIED
            if hierarchy not in cgroups:
                raise CgroupLayoutError(f"/proc/PID/cgroup names no {version} cgroup for {controller}:\n{proc_cgroup}")
            return _cut(_visible_directory(mounts, hierarchy, cgroups[hierarchy]), container_id)

        container = CgroupDirectories(cpu=find("cpu"), cpuacct=find("cpuacct"), memory=find("memory"))
        return cls(version, container, container.parent())

    @classmethod
    def of_process(cls, node: Node, pid: int, container_id: str | None = None) -> CgroupPaths:
        """The paths of the container whose process has this PID on the node.

        Raises:
            FileNotFoundError: The process has ended.
            CgroupLayoutError: See :meth:`parse`.
        """
        return cls.parse(node.read_text(f"/proc/{pid}/cgroup"), read_mounts(node), container_id)

    def directories(self, level: Level) -> CgroupDirectories:
        """The directories of one level."""
        return self.container if level == "container" else self.pod


def detect_driver(paths: CgroupPaths) -> CgroupDriver:
    """The cgroup driver, by the names: systemd's are units, ``...slice/cri-containerd-ID.scope``.

    Source: ``pkg/kubelet/cm/cgroup_manager_linux.go`` (``ToSystemd``) and containerd's CRI plugin.
    """
    units = paths.container.memory.endswith(".scope") or paths.pod.memory.endswith(".slice")
    return "systemd" if units else "cgroupfs"


def cgroups_path_of(container_info: Mapping[str, Any]) -> str:
    """The ``cgroupsPath`` in what ``ctr -n k8s.io containers info ID`` prints.

    Raises:
        CgroupLayoutError: The document has no such field.
    """
    spec: Mapping[str, Any] = container_info.get("Spec") or {}
    path = (spec.get("linux") or {}).get("cgroupsPath")
    if not isinstance(path, str) or not path:
        raise CgroupLayoutError("the runtime's record of the container has no Spec.linux.cgroupsPath")
    return path


def agrees_with(paths: CgroupPaths, cgroups_path: str) -> bool:
    """Whether the runtime means the cgroup that the process is really in.

    Args:
        paths: From the container's process.
        cgroups_path: ``/kubepods/podUID/ID`` with driver cgroupfs, ``SLICE:PREFIX:ID`` with driver systemd
            (opencontainers/runc ``docs/systemd.md``).
    """
    parts = cgroups_path.split(":")
    if len(parts) == 3:
        unit_slice, prefix, container_id = parts
        tail = f"/{unit_slice}/{prefix}-{container_id}.scope"
    else:
        tail = "/" + cgroups_path.strip("/")
    return all(directory.endswith(tail) for directory in (paths.container.cpu, paths.container.memory))


def _controllers(options: str) -> frozenset[str]:
    """The controllers among a v1 hierarchy's options; ``name=systemd`` is a hierarchy without any."""
    return frozenset(option for option in options.split(",") if option not in _FLAGS and "=" not in option)


def _parse_proc_cgroup(text: str) -> dict[str, str]:
    """Controller to path of a ``/proc/PID/cgroup`` (cgroups(7)); the v2 hierarchy has the empty name."""
    cgroups = {}
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            cgroups[_UNIFIED] = path
        else:
            cgroups.update(dict.fromkeys(filter(None, controllers.split(",")), path))
    return cgroups


def _visible_directory(mounts: list[CgroupMount], hierarchy: str, cgroup: str) -> str:
    """Where a cgroup is to be seen; the same hierarchy may be mounted several times, in parts."""
    for mount in mounts:
        directory = mount.directory(cgroup) if mount.is_of(hierarchy) else None
        if directory is not None:
            return directory
    shown = ", ".join(f"{mount.path} shows {mount.root}" for mount in mounts)
    raise CgroupLayoutError(
        f"cgroup {cgroup} of the container is not visible below any cgroup mount of the node: {shown}"
    )


def _cut(directory: str, container_id: str | None) -> str:
    """The directory up to the component that holds the container's ID."""
    if container_id is None:
        return directory
    components = directory.split("/")
    for index, component in enumerate(components):
        if container_id in component:
            return "/".join(components[: index + 1])
    raise CgroupLayoutError(f"the process is in {directory}, which names no cgroup of container {container_id}")


def _unescape(path: str) -> str:
    r"""A path as it is; the kernel writes blanks in it as ``\040``."""
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), path)
