"""Containers that are started anew while a resize of their pod is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.answers import HOLDS_FOR_S
from resize.chain import Mismatch
from resize.observer import ConformanceError
from resize.oom import BACK_OFF_DEADLINE_S

if TYPE_CHECKING:
    from resize.chain import Chain
    from resize.pod import ResizablePod


def rename_image(pod: ResizablePod) -> None:
    """Change the only container's image to the ID that the runtime gave it: another image to the kubelet, and the same.

    Raises:
        ConformanceError: The status names no image ID.
    """
    document = pod.observer.pod_object or {}
    (status,) = document["status"]["containerStatuses"]
    if not status.get("imageID"):
        raise ConformanceError(pod.observer.describe("The container's status has no imageID.", None, []))
    pod.api.patch(pod.path, {"spec": {"containers": [{"name": status["name"], "image": status["imageID"]}]}})


def assert_started_with_allocated(pod: ResizablePod) -> None:
    """Wait until the only container runs after one restart; check that it got what is allocated, and the resize waits.

    Raises:
        ConformanceError: It got something else, or the pod speaks of its resize no more.
    """
    __tracebackhide__ = True
    ((name, before),) = (pod.expected().restart_counts or {}).items()

    def restarted(chain: Chain) -> list[Mismatch]:
        found = chain.pod.container(name)
        if (found.restart_count, found.state) == (before + 1, "running") and chain.container_cgroups[name] is not None:
            return []
        return [Mismatch(f"container {name}", f"{found.restart_count} restarts, {found.state}", "running, after one")]

    pod.observer.wait(restarted, what=f"pod {pod.name} restarted", deadline_s=BACK_OFF_DEADLINE_S)
    pod.remember()
    chain = pod.unchanged(for_s=HOLDS_FOR_S, settled=False)
    if chain.pod.resize.word != "Deferred":
        told = f"The resize is {chain.pod.resize}; expected Deferred."
        raise ConformanceError(pod.observer.describe(told, pod.expected(settled=False), []))
