"""The conditions PodResizePending and PodResizeInProgress in full, and a status over time (KEP-1287, Resize Status)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resize.answers import ANSWER_DEADLINE_S, HOLDS_FOR_S, NEXT_SYNC_DEADLINE_S
from resize.chain import Chain, Mismatch
from resize.observer import ConformanceError
from resize.waking import wake

if TYPE_CHECKING:
    from resize.pod import ResizablePod


def conditions(pod: ResizablePod) -> dict[str, dict[str, Any]]:
    """The pod's conditions that are True, by type, as the API gives them."""
    status = (pod.observer.pod_object or {}).get("status") or {}
    return {entry["type"]: entry for entry in status.get("conditions") or [] if entry["status"] == "True"}


def assert_both_conditions(pod: ResizablePod, *, in_progress: int, pending: int) -> None:
    """Check that one resize is pending while another is in progress, each with the generation that asked for it.

    Args:
        pod: The pod.
        in_progress: The generation of the resize that is in progress.
        pending: That of the resize that waits.

    Raises:
        ConformanceError: One condition is missing, or speaks of another generation.
    """
    __tracebackhide__ = True
    right = {"PodResizePending": ("Deferred", pending), "PodResizeInProgress": ("Error", in_progress)}

    def goal(_: Chain) -> list[Mismatch]:
        seen = {name: (c.get("reason"), c.get("observedGeneration")) for name, c in conditions(pod).items()}
        return [
            Mismatch(f"reason and observedGeneration of {name}", str(seen.get(name)), str(wanted))
            for name, wanted in right.items()
            if seen.get(name) != wanted
        ]

    pod.observer.wait(
        goal,
        what=f"pod {pod.name} with both conditions",
        deadline_s=NEXT_SYNC_DEADLINE_S,
        expected=pod.expected(settled=False),
    )


def assert_same_transition(pod: ResizablePod, condition: str) -> None:
    """Check that a condition that lasts keeps its lastTransitionTime, although the kubelet looks at the pod again.

    Raises:
        ConformanceError: It has none, or another one after a sync.
    """
    __tracebackhide__ = True
    before = conditions(pod).get(condition, {}).get("lastTransitionTime")
    if not before:
        raise ConformanceError(pod.observer.describe(f"{condition} has no lastTransitionTime.", None, []))
    sync(pod)

    def goal(_: Chain) -> list[Mismatch]:
        now = conditions(pod).get(condition, {}).get("lastTransitionTime")
        return [] if now == before else [Mismatch(f"lastTransitionTime of {condition}", str(now), before)]

    pod.observer.holds(goal, what=f"{condition} of pod {pod.name} as it was", for_s=HOLDS_FOR_S)


def sync(pod: ResizablePod) -> None:
    """Make the kubelet look at the pod again: any change of it is a reason to."""
    version = pod.view.resource_version
    wake(pod)

    def goal(chain: Chain) -> list[Mismatch]:
        same = chain.pod.resource_version == version
        return [Mismatch("pod", "as before the annotation", "changed")] if same else []

    pod.observer.wait(goal, what=f"a change of pod {pod.name}", deadline_s=ANSWER_DEADLINE_S)


def assert_never_fell_back(pod: ResizablePod) -> None:
    """Check that the status of a resize that is done has never shown older values again, nor does after two syncs.

    Raises:
        ConformanceError: It has.
    """
    __tracebackhide__ = True
    sync(pod)
    pod.unchanged(for_s=HOLDS_FOR_S)
    sync(pod)
    pod.unchanged(for_s=HOLDS_FOR_S)
    for series in pod.timelines[-1].timeline.series:
        values = [value for _, value in series.points]
        if series.layer == "status" and len(values) > len(set(values)):
            told = f"status.resources went from value to value and back: {series.resource} {series.kind} {values}."
            raise ConformanceError(pod.observer.describe(told, pod.expected(), []))
