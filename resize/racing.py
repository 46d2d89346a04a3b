"""Updates of a pod that race with its resize."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from clusters.api import ApiError, ApiUnreachableError
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from resize.pod import ResizablePod

#: Enough that several fall before, beside and after the kubelet's work on the resize.
UPDATES = 40
TIMEOUT_S = 60.0


def label_while(pod: ResizablePod, act: Callable[[], object]) -> dict[str, str]:
    """Patch labels one after the other in a thread, and call ``act`` when a quarter of them is there.

    Returns:
        The labels that were set.

    Raises:
        ConformanceError: A label's update was refused.
    """
    __tracebackhide__ = True
    labels = {f"race-{number}": str(number) for number in range(UPDATES)}
    quarter = threading.Event()
    failures: list[Exception] = []

    def update() -> None:
        try:
            for number, (name, value) in enumerate(labels.items()):
                pod.api.patch(pod.path, {"metadata": {"labels": {name: value}}})
                if number == UPDATES // 4:
                    quarter.set()
        except (ApiError, ApiUnreachableError) as error:
            failures.append(error)
        finally:
            quarter.set()

    thread = threading.Thread(target=update, daemon=True, name="labels")
    thread.start()
    quarter.wait(TIMEOUT_S)
    act()
    thread.join(TIMEOUT_S)
    if failures or thread.is_alive():
        raise ConformanceError(f"an update of the labels failed: {failures or 'it did not end'}")
    return labels
