"""A change of a pod that is none: it brings about a sync, in which the kubelet looks at the pod once more."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from clusters.api import ApiError, ApiUnreachableError
from resize.chain import Chain, Mismatch
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resize.pod import ResizablePod
    from resize.resources import Resources

#: The annotation that the suite changes to bring about a sync, and how often.
WOKEN = "resize-conformance/woken"
WAKE_EVERY_S = 1.5
#: The kubelet's answer to a change of a pod comes within a second of it, and a loaded machine takes longer.
SYNCED_AFTER_S = 2.0
_SYNC_DEADLINE_S = 60.0


def wake(pod: ResizablePod) -> None:
    """Change the annotation once.

    Raises:
        ApiError: The API refused.
        ApiUnreachableError: It did not answer.
    """
    pod.api.patch(pod.path, {"metadata": {"annotations": {WOKEN: str(time.time())}}})


@contextmanager
def woken(pod: ResizablePod) -> Iterator[None]:
    """Give a kubelet that reports only on the pod's next sync a sync now and then.

    One is not always enough: it may come while the kubelet still holds the runtime's old answer.
    """
    over = threading.Event()

    def again() -> None:
        while not over.is_set():
            pod.observer.note("the suite changed an annotation, so that the kubelet syncs the pod")
            with suppress(ApiError, ApiUnreachableError):
                wake(pod)
            over.wait(WAKE_EVERY_S)

    thread = threading.Thread(target=again, daemon=True, name="wake")
    if pod.behaviour.status.waits_for_sync:
        thread.start()
    try:
        yield
    finally:
        over.set()


def status_after_a_sync(pod: ResizablePod) -> Resources:
    """Bring about a sync, and return ``status.resources`` of the only container once the kubelet has synced.

    Raises:
        ConformanceError: The status has none.
    """
    __tracebackhide__ = True
    before = pod.view.resource_version
    wake(pod)

    def goal(chain: Chain) -> list[Mismatch]:
        same = chain.pod.resource_version == before
        return [Mismatch("pod", "as before the annotation", "changed")] if same else []

    pod.observer.wait(goal, what=f"a change of pod {pod.name}", deadline_s=_SYNC_DEADLINE_S, stable_s=SYNCED_AFTER_S)
    shown = pod.only_container.status
    if shown is None:
        raise ConformanceError(pod.observer.describe("The container's status has no resources.", None, []))
    return shown
