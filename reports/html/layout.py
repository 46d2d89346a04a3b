"""The two sizes in which each picture is drawn, for a desk and for a phone; the style sheet shows one of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand, in pixels of the picture.

    Attributes:
        name: Class of the picture, ``wide`` or ``narrow``.
        width: Whole width.
        strips_left: Left edge of the strips: what was set before the request starts here.
        zero: Pixel of second 0.
        right: Pixel of the last second.
        label_above: Whether a strip's name stands above it rather than at its left.
        strip_height: Height of one strip.
        strip_gap: Space between two strips.
        chart_height: Height of the usage chart.
        font_px: Size of values and names.
        small_px: Size of ticks and marks.
    """

    name: str
    width: int
    strips_left: int
    zero: int
    right: int
    label_above: bool
    strip_height: int
    strip_gap: int
    chart_height: int
    font_px: float
    small_px: float


WIDE = Layout(
    name="wide",
    width=1000,
    strips_left=136,
    zero=222,
    right=912,
    label_above=False,
    strip_height=24,
    strip_gap=5,
    chart_height=72,
    font_px=12.5,
    small_px=11.5,
)
#: For a phone of 360 pixels and more: names go above their strips, so that the strips have the whole width.
NARROW = Layout(
    name="narrow",
    width=352,
    strips_left=1,
    zero=78,
    right=350,
    label_above=True,
    strip_height=22,
    strip_gap=6,
    chart_height=64,
    font_px=12,
    small_px=11,
)
