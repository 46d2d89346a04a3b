"""The picture of one resize: what happened, how each layer followed, and what the container used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, tostring

from reports.html.axis import TimeAxis
from reports.html.layout import NARROW, WIDE, Layout
from reports.html.marks import draw_lane, numbered
from reports.html.panels import Panel, panels_of, state_strip, value_rows
from reports.html.strips import draw_strip
from reports.html.svg import add
from reports.html.usage import draw_usage

if TYPE_CHECKING:
    from reports.html.marks import NumberedMark

_TITLE_PX = 22
_AXIS_PX = 38
_PANEL_GAP_PX = 6
#: Kinds of marks that get a line through the whole picture: they explain jumps in the strips below.
_LINES = ("answer", "restart")


def timeline_svgs(timeline: dict[str, Any], *, name: str) -> str:
    """Draws a timeline twice, for a wide and for a narrow page; the style sheet shows one.

    Args:
        timeline: What ``Timeline.to_json()`` in :mod:`resize.timeline` gives.
        name: Unique in the page, for the ids of the pictures' texts.

    Returns:
        Two SVG elements; empty when nothing at all was read.
    """
    if not timeline["marks"] and not any(series["points"] for series in timeline["series"]):
        return ""
    return "".join(timeline_svg(timeline, layout, name=f"{name}-{layout.name}") for layout in (WIDE, NARROW))


def timeline_svg(timeline: dict[str, Any], layout: Layout, *, name: str) -> str:
    """Draws a timeline in one size and returns it as one SVG element.

    The element carries a title and a description in words for readers who don't see it.
    """
    marks = numbered(timeline)
    panels, _ = panels_of(timeline)
    axis = TimeAxis.over(_end_s(timeline), left=layout.zero, right=layout.right, changes=_changes(panels, marks))
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": f"timeline {layout.name}",
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-desc",
        },
    )
    add(
        svg,
        "title",
        f"Resize of {timeline['pod']}/{timeline['container']}: {timeline['requested']}",
        id=f"{name}-title",
    )
    add(svg, "desc", _description(timeline, marks), id=f"{name}-desc")
    lines = add(svg, "g", css="lines")
    top = 2.0
    lane, ends = draw_lane(svg, marks, axis, layout, top=top)
    top += lane + (4 if lane else 0)
    states = state_strip(marks)
    if states:
        top += draw_strip(svg, states, axis, layout, top=top, css="strip res-state")
    first = top
    for panel in panels:
        top += _draw_panel(svg, panel, axis, layout, top=top, heads_outcomes=panel is panels[0])
    _draw_lines(lines, marks, axis, layout, ends=ends, bottom=top)
    _draw_axis(svg, axis, layout, grid=lines, top=first, bottom=top)
    height = top + _AXIS_PX
    svg.set("viewBox", f"0 0 {layout.width} {height:.0f}")
    return tostring(svg, encoding="unicode")


def _end_s(timeline: dict[str, Any]) -> float:
    """The right edge: the last reading, or whatever was seen after it."""
    seen = [float(point[0]) for series in timeline["series"] for point in series["points"]]
    seen += [float(mark["at_s"]) for mark in timeline["marks"]]
    return max([float(timeline["ended_s"]), *seen])


def _changes(panels: list[Panel], marks: list[NumberedMark]) -> list[float]:
    """The seconds that the axis must keep apart; readings of usage are too many to be that."""
    steps = [segment.start_s for panel in panels for strip in panel.strips for segment in strip.segments]
    return steps + [mark.at_s for mark in marks]


def _draw_panel(
    svg: Element, panel: Panel, axis: TimeAxis, layout: Layout, *, top: float, heads_outcomes: bool
) -> float:
    y = top + _TITLE_PX - 8
    add(svg, "text", panel.title, x=layout.strips_left, y=y, css="t-title t-over")
    if heads_outcomes and any(strip.outcome for strip in panel.strips):
        if layout.label_above:
            add(svg, "text", "wanted value after", x=layout.right, y=y, css="t-small", text_anchor="end")
        else:
            add(svg, "text", "reached after", x=layout.right + 8, y=y, css="t-small")
    used = float(_TITLE_PX)
    for strip in panel.strips:
        used += draw_strip(svg, strip, axis, layout, top=top + used, css=f"strip res-{panel.resource}")
    if panel.usage is not None:
        used += draw_usage(svg, panel.usage, panel.limit, axis, layout, top=top + used)
    return used + _PANEL_GAP_PX


def _draw_lines(
    lines: Element, marks: list[NumberedMark], axis: TimeAxis, layout: Layout, *, ends: dict[int, float], bottom: float
) -> None:
    """Draws a line from second 0 down, and one from each mark that explains a jump; each begins under its dot."""
    zero = min((ends[mark.number] for mark in marks if mark.kind == "request" and mark.number in ends), default=0.0)
    add(lines, "line", x1=layout.zero, x2=layout.zero, y1=zero, y2=bottom, css="line-request")
    for mark in marks:
        if mark.kind in _LINES:
            x = axis.x(mark.at_s)
            add(lines, "line", x1=x, x2=x, y1=ends[mark.number], y2=bottom, css=f"line-{mark.kind}")


def _draw_axis(svg: Element, axis: TimeAxis, layout: Layout, *, grid: Element, top: float, bottom: float) -> None:
    add(svg, "line", x1=layout.strips_left, x2=layout.right, y1=bottom, y2=bottom, css="axis")
    for x, label in axis.ticks(layout.small_px):
        add(grid, "line", x1=x, x2=x, y1=top, y2=bottom, css="grid")
        add(svg, "line", x1=x, x2=x, y1=bottom, y2=bottom + 5, css="axis")
        at_edge = x >= layout.right - 12
        add(
            svg,
            "text",
            label,
            x=min(x, layout.width - 1) if at_edge and layout.label_above else x,
            y=bottom + 17,
            css="t-small",
            text_anchor="end" if at_edge and layout.label_above else "middle",
        )
    before = (layout.strips_left + layout.zero) / 2
    add(svg, "text", "before", x=before - 8, y=bottom + 17, css="t-small", text_anchor="middle")
    words = "time since the request was sent"
    if axis.stretched:
        words += " (not to scale)" if layout.label_above else " (not to scale: stretched where something changed)"
    add(svg, "text", words, x=layout.right, y=bottom + 33, css="t-small", text_anchor="end")


def _description(timeline: dict[str, Any], marks: list[NumberedMark]) -> str:
    values = ". ".join(f"{row.resource} {row.kind}, {row.layer}: {row.changes}" for row in value_rows(timeline))
    happened = "; ".join(f"{mark.kind} at {mark.at_s:.2f} s: {mark.text}" for mark in marks)
    return ". ".join(part for part in (values, happened) if part) or "Nothing was read."
