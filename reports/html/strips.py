"""Strips: one horizontal band for each layer of a resize, which changes its shade where the layer's value changed.

Strips under one another show how a change travels down the chain, and layers with the same value never hide each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from reports.html.svg import add, shortened, text_width
from reports.units import value_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from reports.html.axis import TimeAxis
    from reports.html.layout import Layout

#: The chain in the order in which a resize passes through it.
LAYERS = ("spec", "allocated", "status", "pod cgroup", "container cgroup")
_NAME_PX = 15
_PAD_PX = 6


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time with one value.

    Attributes:
        start_s: Second at which the value was first seen.
        text: The value in words.
        shade: 0 for the first value, 1 and 2 in turn for later ones; None for a missing value.
        full: The text for a pointer that rests on it.
        short: What is written where the text doesn't fit; a cut figure would be a wrong figure, so values have none.
    """

    start_s: float
    text: str
    shade: int | None
    full: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """One layer's band: its name, its segments, and what stands at its right end."""

    name: str
    segments: list[Segment]
    outcome: str = ""


def segments_of(series: dict[str, Any]) -> list[Segment]:
    """The segments of a series; a value that comes back gets the shade it had."""
    resource: Literal["cpu", "memory"] = series["resource"]
    seen: list[float] = []
    segments: list[Segment] = []
    for at_s, value in sorted(series["points"], key=lambda point: float(point[0])):
        if value is not None and value not in seen:
            seen.append(value)
        shade = None if value is None else _shade(seen.index(value))
        text = value_text(resource, value)
        full = f"{text} ({value:.0f} bytes)" if resource == "memory" and value is not None else text
        if not segments or segments[-1].full != full:
            segments.append(Segment(float(at_s), text, shade, full))
    return segments


def _shade(index: int) -> int:
    return 0 if index == 0 else 2 - index % 2


def strip_height(layout: Layout) -> float:
    """The height that one strip takes, its name and the gap beneath it included."""
    return layout.strip_height + layout.strip_gap + (_NAME_PX if layout.label_above else 0)


def draw_strip(svg: Element, strip: Strip, axis: TimeAxis, layout: Layout, *, top: float, css: str) -> float:
    """Draws one strip.

    Args:
        svg: The picture.
        strip: What to draw.
        axis: Where each second is.
        layout: Sizes.
        top: Upper edge in pixels.
        css: Class of the strip, which decides its color.

    Returns:
        The height used, in pixels.
    """
    band = top + (_NAME_PX if layout.label_above else 0)
    _draw_names(svg, strip, layout, top=top, middle=band + layout.strip_height / 2 + 4)
    group = add(svg, "g", css=css)
    add(
        group,
        "rect",
        x=layout.strips_left,
        y=band,
        width=layout.right - layout.strips_left,
        height=layout.strip_height,
        rx=3,
        css="unread",
    )
    for index, segment in enumerate(strip.segments):
        left = layout.strips_left if segment.start_s <= 0 else axis.x(segment.start_s)
        following = strip.segments[index + 1 : index + 2]
        right = axis.x(following[0].start_s) if following else layout.right
        _draw_segment(group, segment, layout, left=left, right=max(right, left + 1), top=band, changed=index > 0)
    return strip_height(layout)


def _draw_names(svg: Element, strip: Strip, layout: Layout, *, top: float, middle: float) -> None:
    if layout.label_above:
        add(svg, "text", strip.name, x=layout.strips_left, y=top + 11, css="t-name t-over")
        add(svg, "text", strip.outcome, x=layout.right, y=top + 11, css="t-name t-outcome t-over", text_anchor="end")
    else:
        add(svg, "text", strip.name, x=layout.strips_left - 10, y=middle, css="t-name", text_anchor="end")
        add(svg, "text", strip.outcome, x=layout.right + 8, y=middle, css="t-name t-outcome")


def _draw_segment(
    group: Element, segment: Segment, layout: Layout, *, left: float, right: float, top: float, changed: bool
) -> None:
    shade = "none" if segment.shade is None else f"s{segment.shade}"
    rect = add(group, "rect", x=left, y=top, width=right - left, height=layout.strip_height, css=f"seg {shade}")
    add(rect, "title", segment.full or segment.text)
    if changed:
        add(group, "rect", x=left, y=top, width=2, height=layout.strip_height, css="edge")
    room = right - left - 2 * _PAD_PX
    pad = float(_PAD_PX)
    text = segment.text if text_width(segment.text, layout.font_px) <= room + 2 else ""
    if not text and segment.short:
        text = shortened(segment.text, room, layout.font_px) or segment.short
        if text == segment.short:
            pad = max(2.0, (right - left - text_width(text, layout.font_px)) / 2 + 1)
        if pad + text_width(text, layout.font_px) > right - left + 2:
            text = ""
    if text:
        y = top + layout.strip_height / 2 + 4
        if segment.shade is None:
            width = text_width(text, layout.font_px) + 2
            add(
                group,
                "rect",
                x=left + pad - 3,
                y=top + 4,
                width=width,
                height=layout.strip_height - 8,
                rx=3,
                css="plate",
            )
        add(group, "text", text, x=left + pad, y=y, css=f"t-value on-{shade}")
