"""Turns what the watch and the sampler bring into the timeline of one resize."""

from __future__ import annotations

import datetime
import time
from typing import TYPE_CHECKING, Final, Literal, get_args

from resize.cgroup_formula import memory_limit_pages
from resize.timeline import Layer, Mark, Resource, Series, Timeline

if TYPE_CHECKING:
    from resize.cgroup import CgroupReading
    from resize.podview import PodView
    from resize.resources import Resources

#: What a timeline has for a container's name when it is about the pod's own resources.
POD_LEVEL: Final = "(pod)"
Kind = Literal["request", "limit", "usage"]


class TimelineRecorder:
    """Records one resize of one container, or of a whole pod; its methods are called under the observer's lock.

    Args:
        pod: The pod's name.
        container: The container's, or :data:`POD_LEVEL`.
        wanted: What is asked for there.
        total: What the pod's cgroup is to have then; None where it is not known, and nobody says when it has it.
    """

    def __init__(self, pod: str, container: str, wanted: Resources, total: Resources | None = None) -> None:
        self.began = time.monotonic()
        self._wanted = wanted
        self._total = total
        self._series: dict[tuple[Layer, Resource, Kind], Series] = {}
        self._last_state = ""
        self._last_restarts: dict[str, int] = {}
        self.timeline = Timeline(
            pod=pod,
            container=container,
            requested=wanted.describe(),
            started=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        )

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request."""
        return self._since(None)

    def mark(self, kind: str, text: str, at: float | None = None) -> None:
        """Note something that happened once, at a monotonic time (default: now)."""
        self.timeline.marks.append(Mark(self._since(at), kind, text))

    def pod(self, view: PodView, at: float) -> None:
        """Record what a pod object says."""
        is_of_pod = self.timeline.container == POD_LEVEL
        subject = view.pod_level if is_of_pod else view.container(self.timeline.container)
        self._resources("spec", subject.spec, at)
        self._resources("allocated", subject.allocated, at)
        self._resources("status", subject.status, at)
        state = str(view.resize)
        if state != (self._last_state or "none"):
            self.mark("resize-state", state, at)
            self._last_state = state
        for container in view.all_containers if is_of_pod else [view.container(self.timeline.container)]:
            count = container.restart_count
            if count > self._last_restarts.get(container.name, count):
                self.mark("restart", f"restart {count} ({container.reason or container.state})", at)
            self._last_restarts[container.name] = count
        self.timeline.ended_s = self._since(at)

    def cgroup(self, level: Literal["pod", "container"], reading: CgroupReading | None, at: float) -> None:
        """Record a reading of the container's or the pod's cgroup."""
        layer: Layer = "pod cgroup" if level == "pod" else "container cgroup"
        milli = memory = None
        if reading is not None:
            milli = None if reading.cpu_quota_us is None else reading.cpu_quota_us * 1000 / reading.cpu_period_us
            memory = reading.memory_limit_bytes
        self._point(layer, "cpu", "limit", milli, at)
        self._point(layer, "memory", "limit", memory, at)
        self.timeline.ended_s = self._since(at)

    def usage(self, milli: float, at: float) -> None:
        """Record the CPU usage."""
        self._point("usage", "cpu", "usage", round(milli, 1), at)
        self.timeline.ended_s = self._since(at)

    def _resources(self, layer: Layer, resources: Resources | None, at: float) -> None:
        self._point(layer, "cpu", "request", resources.cpu_request_milli if resources else None, at)
        self._point(layer, "memory", "request", resources.memory_request_bytes if resources else None, at)
        # allocatedResources has no limits.
        if layer != "allocated":
            self._point(layer, "cpu", "limit", resources.cpu_limit_milli if resources else None, at)
            self._point(layer, "memory", "limit", resources.memory_limit_bytes if resources else None, at)

    def _point(self, layer: Layer, resource: Resource, kind: Kind, value: float | None, at: float) -> None:
        series = self._series.get((layer, resource, kind))
        if series is None:
            series = self._series[layer, resource, kind] = Series(layer, resource, kind)
            self.timeline.series.append(series)
        if not series.points or series.points[-1][1] != value:
            series.points.append((self._since(at), value))
            self._note_reached()

    def _note_reached(self) -> None:
        """For each layer, the moment from which on it says all that is wanted; forgotten if it falls back."""
        for layer in get_args(Layer):
            mine = [series for series in self._series.values() if series.layer == layer]
            if layer == "usage" or not mine or (layer == "pod cgroup" and self._total is None):
                continue
            if all(series.points[-1][1] in self._right(series) for series in mine):
                if self.timeline.reached_s.get(layer) is None:
                    self.timeline.reached_s[layer] = max(series.points[-1][0] for series in mine)
            else:
                self.timeline.reached_s[layer] = None

    def _right(self, series: Series) -> tuple[float | None, ...]:
        wanted = (self._total or self._wanted) if series.layer == "pod cgroup" else self._wanted
        value: float | None
        if series.resource == "cpu":
            value = wanted.cpu_request_milli if series.kind == "request" else wanted.cpu_limit_milli
            return (value,)
        value = wanted.memory_request_bytes if series.kind == "request" else wanted.memory_limit_bytes
        return (value,) if value is None else (value, memory_limit_pages(int(value)))

    def _since(self, at: float | None) -> float:
        return round(max(0.0, (time.monotonic() if at is None else at) - self.began), 4)
