"""Updates of a pod that race with its resize, and resizes that race with each other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from clusters.api import ApiError, ApiUnreachableError
from resize.observer import ConformanceError
from resize.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


def at_once(pod: ResizablePod, *quantities: Mapping[str, str]) -> None:
    """Send several resizes of a pod of one container at the same time; what the spec has in the end is then wanted.

    Args:
        pod: The pod.
        quantities: For each request the resources that it sets, as request and as limit.

    Raises:
        ConformanceError: One of them was refused.
    """
    __tracebackhide__ = True
    name, ready = pod.only_container.name, threading.Barrier(len(quantities))
    failures: list[Exception] = []

    def send(wanted: Mapping[str, str]) -> None:
        part = {"requests": dict(wanted), "limits": dict(wanted)}
        try:
            ready.wait(TIMEOUT_S)
            pod.api.patch(pod.resize_path, {"spec": {"containers": [{"name": name, "resources": part}]}})
        except (ApiError, ApiUnreachableError, threading.BrokenBarrierError) as error:
            failures.append(error)

    def send_all() -> None:
        threads = [threading.Thread(target=send, args=(wanted,), daemon=True, name="resize") for wanted in quantities]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TIMEOUT_S)

    pod.request({name: pod.wanted[name]}, send_all)
    if failures:
        raise ConformanceError(pod.observer.describe(f"{len(failures)} were refused: {failures[0]}", None, []))
    document = pod.api.get(pod.path)["spec"]["containers"][0]
    pod.wanted[name] = Resources.from_json(document["resources"])
