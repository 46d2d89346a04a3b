"""The record of one resize: every value on its way from the request to the cgroup, with the time it was first seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

#: The layers a resize passes through, in the order in which a reader follows it.
Layer = Literal["spec", "allocated", "status", "pod cgroup", "container cgroup", "usage"]
#: Units: CPU in milli-CPU, memory in bytes.
Resource = Literal["cpu", "memory"]


@dataclass(slots=True)
class Series:
    """How one value of one layer changed: points are (seconds since the request, value), only where it changed.

    A value of None means that the layer has no such value: no limit, or the field is missing.
    """

    layer: Layer
    resource: Resource
    #: "request" or "limit"; "usage" for the usage layer.
    kind: Literal["request", "limit", "usage"]
    points: list[tuple[float, float | None]] = field(default_factory=list)


@dataclass(slots=True)
class Mark:
    """Something that happened once: the request, the API's answer, a Kubernetes event, a restart, an OOM kill.

    ``kind`` is "request", "answer", "resize-state", "event", "restart" or "note"; the report draws each in its own way.
    """

    at_s: float
    kind: str
    text: str


@dataclass(slots=True)
class Timeline:
    """One resize of one container. Time 0 is the moment before the request was sent."""

    pod: str
    container: str
    requested: str
    started: str
    series: list[Series] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    #: Seconds until the layer first showed the wanted value, e.g. {"container cgroup": 0.21}; None: never.
    reached_s: dict[str, float | None] = field(default_factory=dict)
    #: Seconds from the request to the last reading, so that every picture has its right edge.
    ended_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The timeline in JSON types, as it stands in ``results.json``."""
        return {
            "pod": self.pod,
            "container": self.container,
            "requested": self.requested,
            "started": self.started,
            "ended_s": self.ended_s,
            "reached_s": self.reached_s,
            "series": [
                {"layer": s.layer, "resource": s.resource, "kind": s.kind, "points": [list(p) for p in s.points]}
                for s in self.series
            ],
            "marks": [{"at_s": m.at_s, "kind": m.kind, "text": m.text} for m in self.marks],
        }
