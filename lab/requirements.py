"""What a lab takes of the machine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from clusters.local.host import CAP_SYS_ADMIN, has_capability
from clusters.requirement import Requirement, problems_of, programs
from lab.place import LabError

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENGINE = (
    ("dockerd", "docker.io", None),
    ("docker", "docker.io", None),
    ("containerd", "containerd", None),
    ("runc", "runc", None),
    ("iptables", "iptables", None),
    ("ip", "iproute2", None),
    ("unshare", "util-linux", None),
    ("setpriv", "util-linux", None),
)
_IMAGES = (("mmdebstrap", "mmdebstrap", None),)


def check(*, images: bool) -> None:
    """Make sure that a lab can run here.

    Args:
        images: Whether node images are to be put together, too.

    Raises:
        LabError: Something is missing; the message names all of it, with what to do.
    """
    problems = problems_of([_root(), *programs((*_ENGINE, *(_IMAGES if images else ())))])
    if problems:
        raise LabError(_told(problems))


def _root() -> Requirement:
    if sys.platform != "linux" or os.geteuid() != 0:
        return Requirement(
            "root",
            ok=False,
            detail="the lab's namespaces and its Docker engine take root on Linux",
            remedy='sudo -E env "PATH=$PATH" uv run python -m lab ...',
        )
    if not has_capability(CAP_SYS_ADMIN):
        return Requirement(
            "root", ok=False, detail="this root has no CAP_SYS_ADMIN", remedy="run the container with --privileged"
        )
    return Requirement("root", ok=True, detail="with CAP_SYS_ADMIN")


def _told(problems: Iterable[str]) -> str:
    return "the lab can't run here:\n" + "\n".join(f"  - {text}" for text in problems)
