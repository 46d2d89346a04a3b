"""What happened during a resize: numbered marks in a lane above the strips, and the list that explains them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.html.svg import add, shortened, text_width

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from reports.html.axis import TimeAxis
    from reports.html.layout import Layout

#: The state of the resize has a strip of its own.
STATE_KIND = "resize-state"
_KINDS = ("request", "answer", STATE_KIND, "event", "restart", "note")
_ROW_PX = 21
_DOT_PX = 8.5
_GAP_PX = 8
#: More rows than this push the strips off a laptop's screen; then numbers stand alone and the list explains them.
_MOST_ROWS = 5
_LABEL_PX = 300


@dataclass(frozen=True, slots=True)
class NumberedMark:
    """One mark with its number in the picture and in the list beneath it."""

    number: int
    at_s: float
    kind: str
    text: str

    @property
    def css(self) -> str:
        """Class by kind; a kind that this report doesn't know is drawn as a note."""
        return f"mark-{self.kind if self.kind in _KINDS else 'note'}"


@dataclass(frozen=True, slots=True)
class _Placed:
    mark: NumberedMark
    x: float
    row: int
    label: str
    leftward: bool


def numbered(timeline: dict[str, Any]) -> list[NumberedMark]:
    """The marks of a timeline in order of time, numbered from 1."""
    ordered = sorted(timeline["marks"], key=lambda mark: float(mark["at_s"]))
    return [
        NumberedMark(number, float(mark["at_s"]), str(mark["kind"]), str(mark["text"]).strip() or "none")
        for number, mark in enumerate(ordered, start=1)
    ]


def draw_lane(
    svg: Element, marks: list[NumberedMark], axis: TimeAxis, layout: Layout, *, top: float
) -> tuple[float, dict[int, float]]:
    """Draws the marks that have no strip of their own, with their texts where there is room for all.

    Returns:
        The height used in pixels, and for each drawn mark's number the pixel at which its dot ends.
    """
    shown = [mark for mark in marks if mark.kind != STATE_KIND]
    if not shown:
        return 0.0, {}
    placed = None if layout.label_above else _with_labels(shown, axis, layout)
    if placed is None:
        _draw_pills(svg, shown, axis, layout, y=top + _ROW_PX / 2)
        return _ROW_PX, dict.fromkeys((mark.number for mark in shown), top + _ROW_PX / 2 + _DOT_PX)
    for item in placed:
        y = top + item.row * _ROW_PX + _ROW_PX / 2
        _dot(svg, item.mark.css, str(item.mark.number), item.x, y, layout)
        side = -1 if item.leftward else 1
        add(
            svg,
            "text",
            item.label,
            x=item.x + side * (_DOT_PX + 4),
            y=y + 4,
            css="t-small t-over",
            text_anchor="end" if item.leftward else "start",
        )
    ends = {item.mark.number: top + (item.row + 0.5) * _ROW_PX + _DOT_PX for item in placed}
    return _ROW_PX * (max(item.row for item in placed) + 1), ends


def _with_labels(marks: list[NumberedMark], axis: TimeAxis, layout: Layout) -> list[_Placed] | None:
    """Puts each mark into the first row where neither its dot nor its text touches another; None when rows run out."""
    taken: list[list[tuple[float, float]]] = []
    placed: list[_Placed] = []
    for mark in marks:
        x = axis.x(mark.at_s)
        label = shortened(mark.text, _LABEL_PX, layout.small_px)
        length = text_width(label, layout.small_px) + _DOT_PX + 6
        leftward = x + length > layout.width
        span = (x - length, x + _DOT_PX) if leftward else (x - _DOT_PX, x + length)
        row = next((index for index, spans in enumerate(taken) if _free(span, spans)), len(taken))
        if row == len(taken):
            taken.append([])
        taken[row].append(span)
        placed.append(_Placed(mark, x, row, label, leftward))
    return placed if len(taken) <= _MOST_ROWS else None


def _free(span: tuple[float, float], spans: list[tuple[float, float]]) -> bool:
    return all(span[1] + _GAP_PX <= left or right + _GAP_PX <= span[0] for left, right in spans)


def _draw_pills(svg: Element, marks: list[NumberedMark], axis: TimeAxis, layout: Layout, *, y: float) -> None:
    """Draws numbers in one row; marks too close to stand apart share a pill such as ``4-9``."""
    runs = [[mark] for mark in marks]
    index = 0
    while index + 1 < len(runs):
        left, right = runs[index], runs[index + 1]
        between = axis.x(right[0].at_s) - axis.x(left[0].at_s)
        if between < _pill_half(left, layout) + _pill_half(right, layout) + 2:
            runs[index : index + 2] = [left + right]
            # The wider pill may now touch the one before it.
            index = max(index - 1, 0)
        else:
            index += 1
    for run in runs:
        middle = axis.x(run[0].at_s)
        kinds = {mark.css for mark in run}
        # A restart matters most, so it shows also where it shares a pill.
        css = "mark-restart" if "mark-restart" in kinds else kinds.pop() if len(kinds) == 1 else "mark-note"
        _dot(svg, css, _pill_text(run), middle, y, layout)


def _pill_text(run: list[NumberedMark]) -> str:
    return str(run[0].number) if len(run) == 1 else f"{run[0].number}-{run[-1].number}"


def _pill_half(run: list[NumberedMark], layout: Layout) -> float:
    return _half(_pill_text(run), layout)


def _half(text: str, layout: Layout) -> float:
    return _DOT_PX if len(text) <= 2 else text_width(text, layout.small_px) / 2 + 4


def _dot(svg: Element, css: str, text: str, x: float, y: float, layout: Layout) -> None:
    half = _half(text, layout)
    x = min(max(x, half), layout.width - half)
    add(svg, "rect", x=x - half, y=y - _DOT_PX, width=2 * half, height=2 * _DOT_PX, rx=_DOT_PX, css=f"dot {css}")
    add(svg, "text", text, x=x, y=y + 3.5, css=f"dot-text {css}", text_anchor="middle")
