"""The pods of the cases about volumes in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.manifests import CONTAINER, IDLE_SCRIPT, container
from resize.resources import Resources
from resize.volumes import NAME, volume, with_volumes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.pods import Pods
    from resize.pod import ResizablePod

BEFORE = Resources.guaranteed(cpu="100m", memory="200Mi")


def start(pods: Pods, sizes: str | Mapping[str, str], resources: Resources = BEFORE) -> ResizablePod:
    """A pod with such a volume, or with several by name."""
    volumes = {NAME: sizes} if isinstance(sizes, str) else sizes
    made = with_volumes(container(CONTAINER, pods.image, resources, script=IDLE_SCRIPT), volumes)
    more = {"volumes": [volume(name, size) for name, size in volumes.items()]}
    return pods.start_all("volume", {CONTAINER: made}, more_spec=more)
