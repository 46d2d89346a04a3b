"""The container runtimes that a run may ask for in place of the pinned ones, and what is known to be amiss with some.

containerd talks to the kubelet, and has an OCI runtime, runc or crun, write the containers' cgroups.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNC: Final = "runc"
CRUN: Final = "crun"

#: The oldest containerd that tells a container's resources (KEP-1287, "Version Skew Strategy").
OLDEST_CONTAINERD: Final = (1, 6, 9)


@dataclass(frozen=True, slots=True, order=True)
class Runtime:
    """How a node's container runtime differs from the pinned one.

    Attributes:
        containerd: Its version, such as "1.6.8"; empty for the pinned one.
        oci_runtime: ``runc 1.3.1`` or ``crun``; empty for the pinned runc.
    """

    containerd: str = ""
    oci_runtime: str = ""

    @property
    def label(self) -> str:
        """What people call it: ``containerd 1.6.8 crun``; empty for the pinned one."""
        return " ".join(filter(None, [self.containerd and f"containerd {self.containerd}", self.oci_runtime]))

    @property
    def oci_name(self) -> str:
        """The program that containerd calls: ``runc`` or ``crun``."""
        return self.oci_runtime.partition(" ")[0] or RUNC

    @property
    def versions(self) -> dict[str, str]:
        """The versions that are asked for, by pinned project."""
        asked = {"containerd": self.containerd, RUNC: self.oci_runtime.partition(" ")[2]}
        return {name: version for name, version in asked.items() if version}

    @property
    def warning(self) -> str:
        """What is amiss with it, as far as is known before it runs; empty where nothing is."""
        return shortcomings({"containerd": self.containerd}).get("containerd", "") if self.containerd else ""


def shortcomings(components: Mapping[str, str]) -> dict[str, str]:
    """What is amiss with the runtimes of a cluster: one sentence a component.

    Args:
        components: Versions by component name.
    """
    version = components.get("containerd", "")
    if not () < numbers(version) < OLDEST_CONTAINERD:
        return {}
    oldest = ".".join(map(str, OLDEST_CONTAINERD))
    return {
        "containerd": f"containerd {version} is too old for resizing: {oldest} is the first to tell a container's "
        f"resources, without which kubelets before 1.35 never show what a resize came to (kubernetes#117085)"
    }


def numbers(version: str) -> tuple[int, ...]:
    """A version to compare by, such as ``(1, 6, 8)``; nothing where the text does not begin with one."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    return () if found is None else tuple(map(int, found.groups()))
