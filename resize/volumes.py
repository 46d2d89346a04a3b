"""A volume in memory (emptyDir of medium Memory), whose size is resized with the pod (KEP-6030, alpha in 1.37)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import tenacity

from resize.observer import ConformanceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clusters.contract import Node
    from resize.kubectl import Kubectl
    from resize.pod import ResizablePod
    from resize.resources import Resources
    from resize.sent import Submitted

GATE: Final = "InPlacePodVerticalScalingMemoryBackedVolumes"
NAME: Final = "cache"
MOUNTED_AT: Final = "/cache"
#: Prints them by the shell alone: not every image that holds stress has a ``df``.
_MOUNT_OPTIONS: Final = (
    "while read -r device place kind options rest; do "
    f'[ "$place" != {MOUNTED_AT} ] || echo "$options"; done < /proc/mounts'
)
#: A mounted tmpfs in a directory at the root, and its size.
_TMPFS: Final = r"^\S+ /([\w-]+) tmpfs \S*\bsize=(\d+)k\b"
DEADLINE_S: Final = 30.0
EVERY_S: Final = 0.5


def volume(name: str, size_limit: str) -> dict[str, Any]:
    """A volume in memory, for a pod's spec."""
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": size_limit}}


def with_volumes(container: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A container that has volumes mounted, each in a directory of its name."""
    return {**container, "volumeMounts": [{"name": name, "mountPath": f"/{name}"} for name in names]}


def resize_volumes(pod: ResizablePod, sizes: Mapping[str, str], resources: Resources) -> Submitted:
    """Ask in one request for other sizes of volumes and for these resources of the only container.

    Raises:
        ConformanceError: The API refused.
    """
    __tracebackhide__ = True
    name = pod.only_container.name
    body = {
        "volumes": [{"name": volume, "emptyDir": {"sizeLimit": size}} for volume, size in sizes.items()],
        "containers": [{"name": name, "resources": resources.to_json()}],
    }
    submitted = pod.request({name: resources}, lambda: pod.api.patch(pod.resize_path, {"spec": body}))
    if submitted.error is not None:
        raise ConformanceError(pod.observer.describe(f"The resize was refused: {submitted.error}", None, []))
    return submitted


def resize_volume(pod: ResizablePod, size_limit: str, resources: Resources) -> Submitted:
    """The same for the only volume."""
    __tracebackhide__ = True
    return resize_volumes(pod, {NAME: size_limit}, resources)


def size_mib(kubectl: Kubectl, pod: ResizablePod) -> int:
    """How large the volume is in the container, by its mounts.

    Raises:
        ConformanceError: It is not there, or has no size.
    """
    done = kubectl.exec(pod.name, ("sh", "-c", _MOUNT_OPTIONS))
    size = re.search(r"\bsize=(\d+)k\b", done.stdout)
    if size is None:
        told = f"the container's mounts show no size of {MOUNTED_AT}: {done.stdout or done.stderr}"
        raise ConformanceError(pod.observer.describe(told, None, []))
    return int(size[1]) // 1024


def until_size(kubectl: Kubectl, pod: ResizablePod, mib: int) -> None:
    """Wait until the container sees the volume in this size.

    Raises:
        ConformanceError: It does not.
    """
    __tracebackhide__ = True
    seen = tenacity.Retrying(
        stop=tenacity.stop_after_delay(DEADLINE_S),
        wait=tenacity.wait_fixed(EVERY_S),
        retry=tenacity.retry_if_result(lambda size: size != mib),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
    )(size_mib, kubectl, pod)
    if seen != mib:
        told = f"the volume is {seen} MiB large in the container after {DEADLINE_S:.0f} s; expected {mib}"
        raise ConformanceError(pod.observer.describe(told, None, []))


def sizes_mib(node: Node, process: int, names: Iterable[str]) -> dict[str, int]:
    """How large a container's volumes in memory are, read from outside of it by the mounts of one of its processes."""
    found = dict(re.findall(_TMPFS, node.read_text(f"/proc/{process}/mounts"), re.MULTILINE))
    return {name: int(found[name]) // 1024 for name in names if name in found}
