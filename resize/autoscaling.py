"""HorizontalPodAutoscalers, which count in shares of what pods request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resize.observer import ConformanceError
from resize.workloads import NAME

if TYPE_CHECKING:
    from clusters.api import Json
    from resize.watched import WatchedObject

GROUP = "/apis/autoscaling/v2"
#: Metrics are new every 10 s, the controller counts every 15 s, and a figure is a mean between two measurements.
COUNTED_DEADLINE_S = 120.0
#: After a resize: a few of those rounds.
ROUNDS_S = 60.0


def autoscaler(kind: str) -> dict[str, Any]:
    """An autoscaler by CPU for the workload of :mod:`resize.workloads`, which it leaves at one pod: it only counts."""
    target = {"type": "Utilization", "averageUtilization": 100}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": NAME},
        "minReplicas": 1,
        "maxReplicas": 1,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    return {"metadata": {"name": NAME}, "spec": spec}


def until_counted(made: WatchedObject) -> int:
    """Wait until an autoscaler has a figure of a pod that uses all of its CPU, and return it, in percent."""
    __tracebackhide__ = True
    found = made.until(
        lambda document: (_percent(document) or 0) > 0,
        what="a figure of the CPU's utilization",
        shown=_shown,
        deadline_s=COUNTED_DEADLINE_S,
    )
    return _percent(found) or 0


def assert_counts_what_is_given(made: WatchedObject, *, before_percent: int) -> None:
    """Check that a resize that waits does not change the utilization: the pod uses what it did, of what it has.

    Raises:
        ConformanceError: The figure fell to less than half of what it was.
    """
    __tracebackhide__ = True
    try:
        found = made.until(
            lambda document: (_percent(document) or before_percent) < before_percent / 2,
            what="less than half",
            shown=_shown,
            deadline_s=ROUNDS_S,
        )
    except ConformanceError:
        return
    told = f"averageUtilization fell from {before_percent} to {_percent(found)} percent by a resize that waits"
    raise ConformanceError(f"{told}: the autoscaler counts what the pod asks for, and not what it was given")


def _percent(document: Json) -> int | None:
    metrics = document.get("status", {}).get("currentMetrics") or []
    values = [metric.get("resource", {}).get("current", {}).get("averageUtilization") for metric in metrics]
    return next((value for value in values if value is not None), None)


def _shown(document: Json) -> Any:
    return document.get("status", {}).get("conditions")
