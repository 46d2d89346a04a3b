"""The Debian (or Ubuntu) tree that node images start from: of the host's own release, by the host's own apt sources."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.apt_sources import archive_sources, host_release, read_sources
from clusters.components.errors import ComponentError, last_lines
from clusters.components.pins import architecture

if TYPE_CHECKING:
    from clusters.components.cache import ComponentCache
    from clusters.progress import Progress

#: systemd with what kubeadm, the kubelet, kube-proxy and the plugins of the pods' network call.
PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "bash", "conntrack", "ethtool", "iproute2", "iptables", "kmod", "mount",
    "procps", "socat", "util-linux",
)  # fmt: skip
#: Not read by anybody on a node; a fifth of the tree.
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
_NAME = "tree.tar"
_TAIL_LINES = 12


def tree(cache: ComponentCache, progress: Progress) -> Path:
    """The tree as a tar archive, from the cache or made with mmdebstrap, which takes a minute and the host's mirror.

    Raises:
        ComponentError: It could not be made.
    """
    release = host_release()

    def fill(content: Path) -> str:
        sources = content.parent / "tree.sources"
        text = "\n".join(source.paragraph() for source in archive_sources(read_sources(), release))
        sources.write_text(text, encoding="utf-8")
        with progress.step(f"making a {release} tree with mmdebstrap"):
            done = subprocess.run(
                ["mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}",
                 *(f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT),
                 release, content / _NAME, sources],
                capture_output=True,
                text=True,
                check=False,
            )  # fmt: skip
        if done.returncode != 0:
            raise ComponentError(
                f"mmdebstrap could not make a {release} tree, with the archive in /etc/apt:\n"
                f"{last_lines(done.stderr, _TAIL_LINES)}"
            )
        return "build"

    entry, _ = cache.get(f"lab-tree-{release}-{architecture()}", recipe(), fill)
    return entry.directory / _NAME


def recipe() -> str:
    """Fingerprint of what goes into the tree."""
    return hashlib.sha256("\n".join((*PACKAGES, *_LEFT_OUT)).encode()).hexdigest()
