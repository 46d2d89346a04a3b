"""The pod of the Guaranteed cases: a container, and a sidecar beside it where the version can resize those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resize.manifests import CONTAINER, IDLE_SCRIPT, container

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.pods import Pods
    from resize.pod import ResizablePod
    from resize.resources import Resources

SIDECAR: Final = "sidecar"


def start(pods: Pods, resources: Resources, policy: Mapping[str, str], *, sidecar: bool) -> ResizablePod:
    """Start it; the sidecar has the same resources and the same policy."""
    made = {
        name: container(name, pods.image, resources, script=IDLE_SCRIPT, resize_policy=policy, sidecar=name == SIDECAR)
        for name in (CONTAINER, SIDECAR)
    }
    beside = {SIDECAR: made[SIDECAR]} if sidecar else {}
    return pods.start_all("guaranteed", {CONTAINER: made[CONTAINER]}, init_containers=beside)
