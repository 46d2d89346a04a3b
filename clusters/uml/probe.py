"""Tries in fresh namespaces what a user-mode node and its network are made of.

``python -m clusters.uml.probe`` is run as the first program of such namespaces, prints a JSON object with the error of
each step that failed, by the step's name, and leaves everything it made to the namespaces' end.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from clusters.local import mounts

_NEAR, _FAR = "probe0", "probe1"

# From <linux/if_ether.h>, <linux/prctl.h> and <linux/seccomp.h>; Python names none of them.
_ETH_P_ALL = 3
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_BPF_RETURN = 0x06
_SECCOMP_RET_ALLOW = 0x7FFF0000


def main() -> None:
    """Try each step, and print what failed."""
    failures = {}
    for step in (try_mounts, try_pair, try_packets, try_forwarding, try_seccomp):
        try:
            step()
        except OSError as error:
            failures[step.__name__.removeprefix("try_")] = str(error)
    sys.stdout.write(json.dumps(failures))


def try_mounts() -> None:
    """A /run and a /dev/shm of one's own, the latter with code that runs from it, as User-Mode Linux does.

    Raises:
        OSError: A mount failed, or code can't run from there.
    """
    mounts.mount("tmpfs", "/run", kind="tmpfs", options="mode=0755")
    mounts.shared_memory()
    with tempfile.TemporaryFile(dir=mounts.SHARED_MEMORY) as file:
        file.truncate(mmap.PAGESIZE)
        mmap.mmap(file.fileno(), mmap.PAGESIZE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC).close()


def try_pair() -> None:
    """A pair of interfaces, as :mod:`clusters.local.network` makes one for each node.

    Raises:
        OSError: ip fails; the text is what it says.
    """
    commands = f"link add name {_NEAR} type veth peer name {_FAR}\nlink set dev {_NEAR} up\nlink set dev {_FAR} up\n"
    done = subprocess.run(["ip", "-batch", "-"], input=commands, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(done.stderr.strip().splitlines()[0] if done.stderr.strip() else f"exit code {done.returncode}")


def try_packets() -> None:
    """The socket with which User-Mode Linux's raw transport takes frames from an interface and puts frames on it.

    Raises:
        OSError: The kernel gives none.
    """
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)).close()


def try_forwarding() -> None:
    """What lets nodes reach each other through these namespaces.

    Raises:
        OSError: The setting can't be written.
    """
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")


def try_seccomp() -> None:
    """A filter of system calls, by which the kernel hands them to User-Mode Linux (``seccomp=on``).

    Raises:
        OSError: The kernel takes none.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    # struct sock_filter (code, jt, jf, k) and struct sock_fprog (len, filter) of <linux/filter.h>.
    instructions = ctypes.create_string_buffer(struct.pack("HBBI", _BPF_RETURN, 0, 0, _SECCOMP_RET_ALLOW))
    program = ctypes.create_string_buffer(struct.pack("HP", 1, ctypes.addressof(instructions)))
    for arguments in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0)):
        if libc.prctl(*arguments) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main()
