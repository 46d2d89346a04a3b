"""What a cluster can leave on a host, and how to look for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from clusters.local.hostcgroups import hierarchies
from clusters.local.keeping import lock_file
from clusters.local.mounts import KERNEL_TUNABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Folders in which kubelets, runtimes and network plugins keep things unless told otherwise.
USUAL_FOLDERS = (
    "/run/netns", "/run/containerd", "/run/runc", "/run/cni", "/run/node", "/var/lib/kubelet", "/var/lib/containerd",
    "/var/lib/cni", "/var/log/pods", "/var/log/containers", "/etc/cni", "/etc/kubernetes", "/opt/cni",
    "/opt/containerd", "/usr/libexec/kubernetes",
    # And those of User-Mode Linux, whose own is ~/.uml (arch/um/os-Linux/umid.c).
    "/run/uml", "/.uml", str(Path.home() / ".uml"),
)  # fmt: skip
#: Cgroups that kubelets and runtimes make at the top of a hierarchy unless told otherwise.
USUAL_CGROUPS = ("kubepods", "kubepods.slice", "kubelet", "kube", "containerd", "k8s.io", "runc", "system.slice")
#: How long a cluster may take to be gone after its owner.
PATIENCE_S = 10.0


def host_state() -> dict[str, object]:
    """What a cluster must not change on its host, by kind; equal before and after."""
    return {
        "interfaces": sorted(_interfaces()),
        "mounts": sorted(_mount_points()),
        "firewall": _firewall(),
        "sysctls": list(_sysctls()),
        "files": sorted(_files()),
        "cgroups": list(_usual_cgroups()),
    }


def processes(name: str) -> list[psutil.Process]:
    """The processes that belong to the cluster: by cgroup, command line, environment, mounts or working directory.

    Those of a user-mode node have nothing but the mounts: the cluster's folder is among those of its namespaces.
    """
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        with suppress(psutil.Error, OSError):
            told = [
                Path(f"/proc/{process.pid}/{file}").read_bytes().decode(errors="replace")
                for file in ("cgroup", "cmdline", "environ", "mountinfo")
            ]
            if any(name in text for text in told) or name in process.cwd():
                found.append(process)
    return found


def running(name: str, *, but: int | None = None) -> list[str]:
    """What of the cluster is alive: processes (``but`` is the PID of one that may live) and mounts."""
    return [
        *(f"process {process.pid} {_command(process)}" for process in processes(name) if process.pid != but),
        *(f"mount {line}" for line in Path("/proc/self/mountinfo").read_text().splitlines() if name in line),
    ]


def on_disk(name: str, root: Path) -> list[str]:
    """What of the cluster is left in the file system: its cgroups, its folder, its lock."""
    folder = root / name
    places = [folder, lock_file(folder), *(hierarchy.mount / name for hierarchy in hierarchies())]
    return [f"{place} exists" for place in places if place.exists()]


def left(name: str, root: Path, *, but: int | None = None, patience_s: float = PATIENCE_S) -> list[str]:
    """What is still left of the cluster when nothing is, or after ``patience_s``."""
    return _settle(lambda: [*running(name, but=but), *on_disk(name, root)], patience_s)


def left_running(name: str, *, but: int | None = None, patience_s: float = PATIENCE_S) -> list[str]:
    """What of the cluster is still alive when nothing is, or after ``patience_s``."""
    return _settle(lambda: running(name, but=but), patience_s)


def _settle(look: Callable[[], list[str]], patience_s: float) -> list[str]:
    deadline = time.monotonic() + patience_s
    while (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _command(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        # What runs on a user-mode node has a name alone.
        return " ".join(process.cmdline()) or process.name()
    return "(gone)"


def _interfaces() -> Iterator[str]:
    listed = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        yield line.split(": ")[1]


def _mount_points() -> Iterator[str]:
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        yield line.split()[4]


def _firewall() -> str:
    """The rules of each firewall program that there is, and the tables that the kernel has."""
    texts = []
    for command in (["iptables-save"], ["ip6tables-save"], ["nft", "list", "ruleset"]):
        if shutil.which(command[0]) is not None:
            rules = subprocess.run(command, capture_output=True, text=True, check=False).stdout
            # iptables-save heads its output with the time, and counts packets.
            texts += [line.partition("[")[0] for line in rules.splitlines() if not line.startswith("#")]
    with suppress(OSError):
        texts.append(Path("/proc/net/ip_tables_names").read_text(encoding="ascii"))
    return "\n".join(texts)


def _sysctls() -> Iterator[str]:
    for name in (*KERNEL_TUNABLES, "net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables"):
        path = Path("/proc/sys", name)
        yield f"{name}={path.read_text(encoding='ascii').strip() if path.exists() else None}"


def _files() -> Iterator[str]:
    for folder in USUAL_FOLDERS:
        for directory, _, names in os.walk(folder):
            yield directory
            yield from (f"{directory}/{name}" for name in names)


def _usual_cgroups() -> Iterator[str]:
    for hierarchy in hierarchies():
        for name in USUAL_CGROUPS:
            if (hierarchy.mount / name).exists():
                yield str(hierarchy.mount / name)
