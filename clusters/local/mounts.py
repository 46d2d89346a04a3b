"""The node's own view of the file system: what a component writes to /run or /var is the cluster's and goes with it."""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# From <sys/mount.h>; Python has no binding of mount(2), and a process for each of some thirty mounts would cost more
# than the mounts do.
MS_BIND = 4096
MS_REC = 16384
MS_SHARED = 1 << 20

#: The cluster's folder as its own processes see it, whatever it is called on the host.
NODE_ROOT = Path("/run/node")
LOG_DIRECTORY = NODE_ROOT / "log"
SHARED_MEMORY = str(Path("/dev") / "shm")

#: What the kubelet wants in /proc/sys. These settings belong to the whole host, so the node is shown files of its own
#: that hold them, and the kubelet finds nothing to change (source: pkg/kubelet/cm/container_manager_linux.go,
#: setupKernelTunables; pkg/util/sysctl).
KERNEL_TUNABLES = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}

_libc = ctypes.CDLL(None, use_errno=True)


def enter(directory: Path, files: Mapping[str, str], log_directory: Path) -> None:
    """Show the cluster its own folder in this mount namespace, as /run/node.

    Args:
        directory: The cluster's folder.
        files: Files and folders of the host that appear in it, by their path there, such as ``bin/etcd``.
        log_directory: Where the components' logs go; it appears as /run/node/log, as it may lie in the host's /var.

    Raises:
        OSError: A mount failed; ``filename`` names its target.
    """
    (directory / LOG_DIRECTORY.name).mkdir()
    mount(str(log_directory), str(directory / LOG_DIRECTORY.name), flags=MS_BIND)
    mount("tmpfs", "/run", kind="tmpfs", options="mode=0755")
    NODE_ROOT.mkdir()
    mount(str(directory), str(NODE_ROOT), flags=MS_BIND | MS_REC)
    for name, path in files.items():
        target = NODE_ROOT / name
        target.parent.mkdir(exist_ok=True)
        if target.name == "runc":
            # runc starts a container's init from an overlay of its own folder, and an overlay shows no mounted files.
            shutil.copy2(path, target)
            continue
        if Path(path).is_dir():
            target.mkdir()
        else:
            target.touch()
        mount(path, str(target), flags=MS_BIND)


def become_node(directory: Path) -> None:
    """Give this mount namespace what containerd and the kubelet need: a /var, and settings of their own.

    Raises:
        OSError: A mount failed; ``filename`` names its target.
    """
    # kubelet and containerd hand mounts on to each other and to containers; this namespace has no other members.
    mount("none", "/", flags=MS_REC | MS_SHARED)
    for name, value in KERNEL_TUNABLES.items():
        shown, own = Path("/proc/sys", name), NODE_ROOT / "sysctl" / name.replace("/", ".")
        own.parent.mkdir(exist_ok=True)
        own.write_text(f"{value}\n", encoding="ascii")
        if shown.exists():
            mount(str(own), str(shown), flags=MS_BIND)
    for name in ("lib", "log", "tmp"):
        (directory / "var" / name).mkdir(parents=True, exist_ok=True)
    (directory / "var" / "run").symlink_to("/run")
    mount(str(NODE_ROOT / "var"), "/var", flags=MS_BIND)


def shared_memory() -> None:
    """A /dev/shm of the cluster's own, where User-Mode Linux keeps its memory and runs code from.

    Raises:
        OSError: The mount failed.
    """
    # The host's may be small, or refuse to run code. Memory that nobody wrote to takes no room.
    mount("tmpfs", SHARED_MEMORY, kind="tmpfs", options="mode=1777,size=95%")


def mount(source: str, target: str, *, kind: str | None = None, flags: int = 0, options: str | None = None) -> None:
    """Put ``source`` at ``target``, as the system call of that name does.

    Raises:
        OSError: As the kernel said, with the target as its filename.
    """
    arguments = (source, target, kind, options)
    encoded = [None if argument is None else os.fsencode(argument) for argument in arguments]
    if _libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3]) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)
