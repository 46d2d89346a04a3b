"""Which values of a timeline are drawn: the strips of each resource, and what is said in words instead."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from reports.html.marks import STATE_KIND, NumberedMark
from reports.html.strips import LAYERS, Segment, Strip, segments_of
from reports.units import seconds_text, value_text

#: Texts of a resize state that mean "no resize is going on".
_CALM = ("none", "-", "cleared", "no condition", "no conditions")
_TITLES: dict[str, str] = {"cpu": "CPU", "memory": "Memory"}


@dataclass(slots=True)
class Panel:
    """One resource of a timeline.

    Attributes:
        resource: cpu or memory.
        title: Heading, such as ``CPU limit``.
        strips: The layers' strips in the order of the chain.
        usage: The usage series, if it was read.
        limit: The container cgroup's limit series, if it was read.
    """

    resource: Literal["cpu", "memory"]
    title: str
    strips: list[Strip] = field(default_factory=list)
    usage: dict[str, Any] | None = None
    limit: dict[str, Any] | None = None


def panels_of(timeline: dict[str, Any]) -> tuple[list[Panel], list[str]]:
    """Chooses what is drawn.

    A resource that changed nowhere is told in a sentence, unless nothing at all changed: then that is what the picture
    is to show.

    Returns:
        The panels, and the sentences about what isn't drawn.
    """
    panels = [panel for resource in ("cpu", "memory") if (panel := _panel(timeline, resource)).strips or panel.usage]
    changed = [panel for panel in panels if any(len(strip.segments) > 1 for strip in panel.strips)]
    if not changed:
        return panels, []
    return changed, [_unchanged(panel) for panel in panels if panel not in changed and panel.strips]


def state_strip(marks: list[NumberedMark]) -> Strip | None:
    """The strip of the resize's own state (``status.resize``, or conditions), when it was ever seen."""
    states = [mark for mark in marks if mark.kind == STATE_KIND]
    if not states:
        return None
    segments = []
    for mark in states:
        calm = mark.text.strip().lower() in _CALM
        text = f"{mark.number} {mark.text}"
        segments.append(Segment(mark.at_s, text, 0 if calm else 1 + mark.number % 2, full=text, short=str(mark.number)))
    return Strip("resize state", segments)


def _panel(timeline: dict[str, Any], resource: Literal["cpu", "memory"]) -> Panel:
    every = [series for series in timeline["series"] if series["resource"] == resource and series["points"]]
    chosen = {layer: series for layer in LAYERS if (series := _preferred(every, layer)) is not None}
    kinds = {series["kind"] for series in chosen.values()}
    kind = kinds.pop() if len(kinds) == 1 else ""
    panel = Panel(resource, f"{_TITLES[resource]} {kind or (chosen and 'limit, or request where named') or ''}".strip())
    for layer, series in chosen.items():
        # allocatedResources of older versions holds requests only, which the strip's name then says.
        name = layer if kind or series["kind"] == "limit" else f"{layer} ({series['kind']})"
        panel.strips.append(Strip(name, segments_of(series), _outcome(timeline["reached_s"], layer, resource)))
    panel.usage = next((series for series in every if series["layer"] == "usage"), None)
    panel.limit = next(
        (series for series in every if series["layer"] == "container cgroup" and series["kind"] == "limit"), None
    )
    return panel


def _preferred(every: list[dict[str, Any]], layer: str) -> dict[str, Any] | None:
    """The limit, or the request where there is no limit or where the request alone changed."""
    by_kind = {series["kind"]: series for series in every if series["layer"] == layer}
    limit, request = by_kind.get("limit"), by_kind.get("request")
    if limit is None or request is None:
        return limit or request
    has_limit = any(value is not None for _, value in limit["points"])
    if not has_limit or (len(segments_of(limit)) == 1 and len(segments_of(request)) > 1):
        return request
    return limit


def _outcome(reached_s: dict[str, float | None], layer: str, resource: str) -> str:
    for name in (f"{layer} {resource}", f"{resource} {layer}", layer):
        if name in reached_s:
            at_s = reached_s[name]
            return "never" if at_s is None else seconds_text(at_s)
    return ""


def _unchanged(panel: Panel) -> str:
    values = {strip.segments[0].full: strip.segments[0].text for strip in panel.strips}
    if len(values) == 1:
        return f"{panel.title} did not change: {next(iter(values.values()))} in every layer."
    each = ", ".join(f"{strip.name} {strip.segments[0].text}" for strip in panel.strips)
    return f"{panel.title} did not change: {each}."


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One series in words, for the table beside the picture."""

    resource: str
    layer: str
    kind: str
    changes: str


#: A sampled series can have hundreds of changes; the table shows this many.
_MOST_CHANGES = 12


def value_rows(timeline: dict[str, Any]) -> list[ValueRow]:
    """Every series as a row of text, in the order of the chain; usage as its range."""
    rows = []
    for resource in ("cpu", "memory"):
        for layer in (*LAYERS, "usage"):
            rows += [
                ValueRow(_TITLES[resource], layer, series["kind"], _changes(series))
                for series in timeline["series"]
                if series["resource"] == resource and series["layer"] == layer
            ]
    return rows


def _changes(series: dict[str, Any]) -> str:
    points = series["points"]
    if not points:
        return "not read"
    if series["layer"] == "usage":
        values = [value for _, value in points if value is not None]
        if not values:
            return "not read"
        low, high = (
            value_text(series["resource"], round(min(values))),
            value_text(series["resource"], round(max(values))),
        )
        return f"{len(values)} readings, {low} to {high}"
    shown = [
        f"{value_text(series['resource'], value)} at {seconds_text(float(at_s))}"
        if float(at_s) > 0
        else f"{value_text(series['resource'], value)} before"
        for at_s, value in points[:_MOST_CHANGES]
    ]
    if len(points) > _MOST_CHANGES:
        shown.append(f"{len(points) - _MOST_CHANGES} more changes in results.json")
    return ", then ".join(shown)
