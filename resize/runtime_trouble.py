"""What runtimes fail at now and then, and not when the kubelet tries again: neither hidden nor a violation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from resize.cgroup_paths import CgroupDriver, CgroupVersion


@dataclass(frozen=True, slots=True)
class Trouble:
    """One way to fail for a moment.

    Attributes:
        text: What the runtime says.
        cgroup_version: Of the nodes that have it.
        driver: Of the nodes that have it.
        link: Where it is told of.
        cause: In a few words.
    """

    text: str
    cgroup_version: CgroupVersion
    driver: CgroupDriver
    link: str
    cause: str


TROUBLES: Final = (
    Trouble(
        "unable to freeze",
        "v1",
        "systemd",
        "https://github.com/kubernetes/kubernetes/issues/131043",
        # Seen with runc 1.5.2 and Kubernetes 1.37.2 on kind: once in some hundred resizes, done 0.7 s later.
        "runc freezes a container before it hands its limits to systemd, and gives up on one that is being throttled",
    ),
)


def momentary(errors: Iterable[dict[str, Any]], version: CgroupVersion, driver: CgroupDriver) -> list[Trouble]:
    """What explains events ``ResizeError`` on such a node: one for each; fewer where one has another cause."""
    possible = [trouble for trouble in TROUBLES if (trouble.cgroup_version, trouble.driver) == (version, driver)]
    return [trouble for error in errors for trouble in possible if trouble.text in error["message"]]
