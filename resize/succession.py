"""Resizes in quick succession: requested faster than a node applies them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.observer import ConformanceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters.api import Json
    from resize.pod import ResizablePod
    from resize.resources import Resources

#: As many as were seen to converge in 3.8 s on 1.35 (kind v0.31.0).
RESIZES = 40


def request_in_turns(pod: ResizablePod, turns: Sequence[Resources], *, last: Resources) -> float:
    """Request resizes to the given resources by turns, each as soon as the API has answered, and a last one.

    Returns:
        How many seconds they took to be requested.

    Raises:
        ConformanceError: The API refused one, or did not count one as a generation of its own.
    """
    __tracebackhide__ = True
    name, generation = pod.only_container.name, pod.view.generation

    def send_all() -> None:
        for number in range(RESIZES - 1):
            _patch(pod, name, turns[number % len(turns)])
        answer = _patch(pod, name, last)
        counted = answer["metadata"].get("generation", 0) - generation
        if pod.behaviour.submit.generation_increments and counted != RESIZES:
            raise ConformanceError(f"{RESIZES} resizes of pod {pod.name} made {counted} generations")

    submitted = pod.request({name: last}, send_all)
    if submitted.error is not None:
        raise ConformanceError(pod.observer.describe(f"A resize was refused: {submitted.error}", pod.expected(), []))
    return submitted.answered_s


def _patch(pod: ResizablePod, name: str, resources: Resources) -> Json:
    body = {"spec": {"containers": [{"name": name, "resources": resources.to_json()}]}}
    return pod.api.patch(pod.resize_path, body)
