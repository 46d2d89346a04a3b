"""Pods that the scheduler finds no room for, and what it counts."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from clusters.api import MERGE
from resize.chain import Chain, Mismatch
from resize.observer import GoneError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clusters.api import KubeApi
    from resize.pod import ResizablePod

#: The scheduler tries a new pod at once.
TRIED_DEADLINE_S = 30.0
#: And again with each change that may make room; the longest back-off is 10 s (podMaxBackoffSeconds), then it starts.
STARTED_DEADLINE_S = 60.0
#: How long a pod that must wait is watched.
WAITS_FOR_S = 3.0


def priority_class(name: str, value: int, *, preempts: bool = False) -> dict[str, Any]:
    """A PriorityClass, by default one whose pods end nobody else's."""
    return {
        "metadata": {"name": name},
        "value": value,
        "preemptionPolicy": "PreemptLowerPriority" if preempts else "Never",
    }


@contextmanager
def resize_preemption_disabled(api: KubeApi, node: str) -> Iterator[None]:
    """Let nobody be ended on a node to make room for a resize (KEP-5836, podPreemptionPolicy)."""
    path = f"/api/v1/nodes/{node}"
    reasons = ["resize-conformance"]
    api.patch(path, {"spec": {"podPreemptionPolicy": {"disableResizePreemption": reasons}}}, content_type=MERGE)
    try:
        yield
    finally:
        api.patch(path, {"spec": {"podPreemptionPolicy": None}}, content_type=MERGE)


def until_gone(pod: ResizablePod, *, deadline_s: float) -> None:
    """Wait until a pod is deleted.

    Raises:
        ConformanceError: It is still there.
    """
    __tracebackhide__ = True

    def goal(_: Chain) -> list[Mismatch]:
        return [Mismatch("pod", "there", "gone")]

    with suppress(GoneError):
        pod.observer.wait(goal, what=f"pod {pod.name} gone", deadline_s=deadline_s)


def until_unschedulable(pod: ResizablePod) -> None:
    """Wait until the scheduler says that it finds no node for a pod, and see that it stays so for a while.

    Raises:
        ConformanceError: It was scheduled.
    """
    __tracebackhide__ = True

    def goal(_: Chain) -> list[Mismatch]:
        return _differs(pod, "Unschedulable")

    pod.observer.wait(
        goal,
        what=f"no room for pod {pod.name}",
        deadline_s=TRIED_DEADLINE_S,
        stable_s=WAITS_FOR_S,
        stop=lambda chain: f"it is on node {chain.pod.node_name}" if chain.pod.node_name else None,
    )


def until_started(pod: ResizablePod) -> None:
    """Wait until a pod that had no room is scheduled and runs.

    Raises:
        ConformanceError: It does not.
    """
    __tracebackhide__ = True

    def goal(chain: Chain) -> list[Mismatch]:
        return [] if chain.pod.node_name else [Mismatch("node", "none", "one")]

    pod.observer.wait(goal, what=f"room for pod {pod.name}", deadline_s=STARTED_DEADLINE_S)
    pod.until_running()


def until_started_after_withdrawal(pod: ResizablePod, *, wake: Callable[[], object]) -> None:
    """Wait until a pod runs that found no room beside a Deferred resize, which has been taken back.

    Args:
        pod: The pod.
        wake: Makes another change on the node, where the version's scheduler wants one.
    """
    __tracebackhide__ = True
    if not pod.behaviour.scheduling.sees_withdrawal:
        wake()
    until_started(pod)


def _differs(pod: ResizablePod, reason: str) -> list[Mismatch]:
    document = pod.observer.pod_object or {}
    conditions = document.get("status", {}).get("conditions") or []
    seen = next((entry.get("reason", "none") for entry in conditions if entry["type"] == "PodScheduled"), "none yet")
    return [] if seen == reason else [Mismatch("condition PodScheduled", seen, reason)]
