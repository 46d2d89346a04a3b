"""Timelines of every shape that a report must draw, made with the suite's own record."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from resize.timeline import Mark, Series, Timeline

if TYPE_CHECKING:
    from resize.timeline import Layer, Resource

CHAIN: tuple[Layer, ...] = ("spec", "allocated", "status", "pod cgroup", "container cgroup")
Points = list[tuple[float, float | None]]


def steps(
    resource: Resource, before: float | None, after: float | None, at_s: tuple[float | None, ...]
) -> list[Series]:
    """The chain's series: each layer goes from one value to the other at its second, or never (None)."""
    series = []
    for layer, second in zip(CHAIN, at_s, strict=True):
        points: Points = [(-0.02, before)]
        if second is not None:
            points.append((second, after))
        series.append(Series(layer=layer, resource=resource, kind="limit", points=points))
    return series


def timeline(
    requested: str, series: list[Series], marks: list[Mark], ended_s: float, reached: dict[str, float | None]
) -> Timeline:
    return Timeline(
        pod="stress-0",
        container="stress",
        requested=requested,
        started="2026-11-23T04:19:40.125Z",
        series=series,
        marks=marks,
        reached_s=reached,
        ended_s=ended_s,
    )


def reached(at_s: tuple[float | None, ...]) -> dict[str, float | None]:
    return dict(zip(CHAIN, at_s, strict=True))


def quick() -> Timeline:
    """0.3 s, only CPU changes."""
    at_s = (0.018, 0.031, 0.262, 0.081, 0.104)
    series = steps("cpu", 100, 300, at_s) + steps("memory", 150_000_000, 150_000_000, (None,) * 5)
    marks = [
        Mark(0.0, "request", "PATCH pods/stress-0/resize"),
        Mark(0.021, "answer", "200 OK"),
        Mark(0.033, "resize-state", "PodResizeInProgress"),
        Mark(0.262, "resize-state", ""),
    ]
    return timeline("cpu 100m to 300m", series, marks, 0.31, reached(at_s))


def usage_settles() -> Timeline:
    """CPU and memory both change, then usage settles over 40 s."""
    at_s = (0.018, 0.031, 1.9, 0.12, 0.21)
    series = steps("cpu", 100, 300, at_s)
    memory = steps("memory", 150_000_000, 250_000_000, at_s)
    for one in memory[3:]:
        one.points = [(-0.02, 149_999_616.0), (one.points[1][0], 249_999_360.0)]
    usage: Points = [(t / 2, 300 - 200 * math.exp(-t / 20) + 6 * math.sin(t)) for t in range(1, 80)]
    series += [*memory, Series("usage", "cpu", "usage", [(-0.01, 100.0), *usage])]
    series.append(
        Series("usage", "memory", "usage", [(-0.01, 137_363_456.0), (15.0, 137_400_320.0), (38.0, 137_363_456.0)])
    )
    marks = [
        Mark(0.0, "request", "PATCH pods/stress-0/resize"),
        Mark(0.02, "answer", "200 OK"),
        Mark(0.03, "resize-state", "Proposed"),
        Mark(0.07, "resize-state", "InProgress"),
        Mark(0.24, "event", "ResizeStarted: Pod resize started: cpu 100m to 300m, memory 150M to 250M"),
        Mark(1.9, "resize-state", ""),
        Mark(1.95, "event", "ResizeCompleted: Pod resize completed"),
        Mark(40.0, "note", "kubectl top shows 300m"),
    ]
    return timeline("cpu 100m to 300m, memory 150M to 250M", series, marks, 40.2, reached(at_s))


def slow() -> Timeline:
    """Granted after 60 s: deferred until another pod left."""
    at_s = (0.02, 52.4, 61.8, 52.6, 52.7)
    marks = [
        Mark(0.0, "request", "PATCH pods/stress-0/resize"),
        Mark(0.02, "answer", "200 OK"),
        Mark(0.05, "resize-state", "Deferred: node didn't have enough resource: cpu, requested: 1500, capacity: 2000"),
        Mark(51.0, "note", "the other pod was deleted"),
        Mark(52.4, "resize-state", "InProgress"),
        Mark(61.8, "resize-state", "none"),
    ]
    return timeline("cpu 500m to 1500m", steps("cpu", 500, 1500, at_s), marks, 62.5, reached(at_s))


def infeasible() -> Timeline:
    """Accepted by the API, then nothing is applied."""
    at_s = (0.019, None, None, None, None)
    marks = [
        Mark(0.0, "request", "PATCH pods/stress-0"),
        Mark(0.024, "answer", "200 OK"),
        Mark(0.3, "resize-state", "Infeasible"),
    ]
    return timeline("cpu 100m to 3", steps("cpu", 100, 3000, at_s), marks, 10.0, reached(at_s))


def refused() -> Timeline:
    """The API says no: nothing changes anywhere."""
    at_s = (None,) * 5
    marks = [
        Mark(0.0, "request", "PATCH pods/stress-0/resize"),
        Mark(0.015, "answer", '403 Forbidden: cause NodeCapacity, "spec.containers[0]" <b>too big</b> & more'),
    ]
    return timeline("cpu 100m to 3", steps("cpu", 100, 3000, at_s), marks, 3.0, reached(at_s))


def restart() -> Timeline:
    """resizePolicy RestartContainer: the container's cgroup is gone for a while, and many events come at once."""
    at_s = (0.02, 0.04, 2.6, 0.2, 1.9)
    series = steps("memory", 134_217_728, 268_435_456, at_s)
    series[4].points = [(-0.02, 134_217_728.0), (0.4, None), (1.9, 268_435_456.0)]
    marks = [
        Mark(0.0, "request", "PATCH pods/stress-0/resize"),
        Mark(0.02, "answer", "200 OK"),
        Mark(0.05, "resize-state", "InProgress"),
        *[Mark(0.2 + index * 0.01, "event", f"Event number {index} about the container stress") for index in range(8)],
        Mark(0.4, "restart", "restartCount 0 to 1"),
        Mark(2.6, "resize-state", ""),
    ]
    return timeline("memory 128Mi to 256Mi", series, marks, 3.2, reached(at_s))


def one_point() -> Timeline:
    """One reading of one layer."""
    return timeline("cpu 100m to 200m", [Series("spec", "cpu", "limit", [(0.0, 100.0)])], [], 0.0, {})


def empty() -> Timeline:
    """Nothing was read."""
    return timeline("cpu 100m to 200m", [], [], 0.0, {})


def no_points() -> Timeline:
    """Series are there, but without a reading."""
    return timeline("cpu 100m to 200m", [Series("spec", "cpu", "limit"), Series("usage", "cpu", "usage")], [], 1.0, {})


def no_limit() -> Timeline:
    """A Burstable pod without limits: requests are drawn, and a limit that comes later is hatched before."""
    series = [
        Series("spec", "cpu", "limit", [(-0.02, None)]),
        Series("spec", "cpu", "request", [(-0.02, 50.0), (0.02, 80.0)]),
        Series("allocated", "cpu", "request", [(-0.02, 50.0), (0.05, 80.0)]),
        Series("container cgroup", "cpu", "limit", [(-0.02, None), (0.3, 200.0), (0.6, None), (0.9, 250.0)]),
    ]
    return timeline("cpu request 50m to 80m", series, [Mark(0.0, "request", "PATCH")], 1.2, {"spec": 0.02})


SHAPES = {
    shape.__name__: shape
    for shape in (quick, usage_settles, slow, infeasible, refused, restart, one_point, empty, no_points, no_limit)
}
