"""The chart of measured usage under a resource's strips, with the container cgroup's limit as a dashed line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from reports.html.svg import add, number
from reports.units import usage_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from reports.html.axis import TimeAxis
    from reports.html.layout import Layout

_NAME_PX = 15
#: Room above the highest value, so that a line at the limit isn't drawn on the chart's edge.
_HEADROOM = 1.15
#: More points than this are a line, not dots.
_MOST_DOTS = 12

_Points = list[tuple[float, float]]


def chart_height(layout: Layout) -> float:
    """The height that the chart takes, its name and the gap beneath it included."""
    return layout.chart_height + 8 + (_NAME_PX if layout.label_above else 0)


def draw_usage(
    svg: Element,
    series: dict[str, Any],
    limit: dict[str, Any] | None,
    axis: TimeAxis,
    layout: Layout,
    *,
    top: float,
) -> float:
    """Draws measured usage over time.

    Args:
        svg: The picture.
        series: The usage series; CPU in milli-CPU, memory in bytes.
        limit: The container cgroup's limit, when it was read.
        axis: Where each second is.
        layout: Sizes.
        top: Upper edge in pixels.

    Returns:
        The height used, in pixels.
    """
    resource: Literal["cpu", "memory"] = series["resource"]
    usage = _known(series)
    limits = _known(limit) if limit else []
    highest = max((value for _, value in [*usage, *limits]), default=0.0) * _HEADROOM or 1.0
    plot = top + (_NAME_PX if layout.label_above else 0)
    bottom = plot + layout.chart_height

    def y(value: float) -> float:
        return bottom - max(value, 0.0) / highest * layout.chart_height

    def x(at_s: float) -> float:
        return axis.x(at_s) if at_s > 0 else (layout.strips_left + layout.zero) / 2

    group = add(svg, "g", css=f"chart res-{resource}")
    add(
        group,
        "rect",
        x=layout.strips_left,
        y=plot,
        width=layout.right - layout.strips_left,
        height=layout.chart_height,
        rx=3,
        css="plot",
    )
    if limits:
        add(group, "polyline", points=_steps(limits, axis, layout, y), css="limit-line")
    line = _thinned([(x(at_s), y(value)) for at_s, value in usage])
    add(group, "polyline", points=" ".join(f"{number(px)},{number(py)}" for px, py in line), css="usage-line")
    if len(line) <= _MOST_DOTS:
        for px, py in line:
            add(group, "circle", cx=px, cy=py, r=2.4, css="usage-dot")
    _draw_names(svg, layout, resource, usage, has_limit=bool(limits), top=top, plot=plot)
    return chart_height(layout)


def _draw_names(
    svg: Element,
    layout: Layout,
    resource: Literal["cpu", "memory"],
    usage: _Points,
    *,
    has_limit: bool,
    top: float,
    plot: float,
) -> None:
    last = f"last {usage_text(resource, usage[-1][1])}" if usage else "not read"
    peak = f"peak {usage_text(resource, max(value for _, value in usage))}" if usage else ""
    legend = "dashed: limit" if has_limit else ""
    if layout.label_above:
        name = f"measured usage ({legend})" if legend else "measured usage"
        add(svg, "text", name, x=layout.strips_left, y=top + 11, css="t-name t-over")
        add(svg, "text", last, x=layout.right, y=top + 11, css="t-name t-outcome t-over", text_anchor="end")
        return
    left, right = layout.strips_left - 10, layout.right + 8
    add(svg, "text", "measured usage", x=left, y=plot + 16, css="t-name", text_anchor="end")
    add(svg, "text", legend, x=left, y=plot + 33, css="t-small", text_anchor="end")
    add(svg, "text", last, x=right, y=plot + 16, css="t-name t-outcome")
    add(svg, "text", peak, x=right, y=plot + 33, css="t-small")


def _known(series: dict[str, Any]) -> _Points:
    points = sorted(((float(at_s), value) for at_s, value in series["points"]), key=lambda point: point[0])
    return [(at_s, float(value)) for at_s, value in points if value is not None]


def _steps(points: _Points, axis: TimeAxis, layout: Layout, y: Callable[[float], float]) -> str:
    """A step line: each value holds until the next one."""
    corners: list[tuple[float, float]] = []
    for at_s, value in points:
        left = float(layout.strips_left) if at_s <= 0 else axis.x(at_s)
        if corners:
            corners.append((left, corners[-1][1]))
        corners.append((left, y(value)))
    corners.append((float(layout.right), corners[-1][1]))
    return " ".join(f"{number(px)},{number(py)}" for px, py in corners)


def _thinned(points: _Points) -> _Points:
    """At most one point every two pixels, the first and the last kept: more can't be seen and make the page heavy."""
    kept: _Points = []
    for point in points:
        if not kept or point[0] - kept[-1][0] >= 2:
            kept.append(point)
    if points and kept[-1] != points[-1]:
        kept.append(points[-1])
    return kept
