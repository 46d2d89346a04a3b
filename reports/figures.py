"""Measured figures in words, and when two of them differ by more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from reports.units import seconds_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.model import Case

#: Two runs on one and the same cluster differ by less than this share in what they measure, times excepted.
MEASURED_SHARE = 0.1
#: Where a case expects "about" a value it takes a fifth more or less (TOLERANCE in resize/usage.py).
ABOUT_SHARE = 0.34
#: The same for percentages, in percentage points.
MEASURED_POINTS = 10.0
#: A machine that is busy with something else easily makes a time twice as long. Only more than this is told.
SLOWER_FACTOR = 3.0
#: Below this many seconds a factor says nothing: most times are read every 20 ms to 1 s.
SLOWER_S = 1.0
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0}
#: A quotient of two times varies as times do.
_QUOTIENT = "times"
#: How an expectation of a measured figure begins; one of a value that was set is the value itself.
_ROUGHLY = ("about", "at least", "at most", "over", "under", "most")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure in words."""

    name: str
    value: str
    expected: str


def figures(case: Case) -> list[Figure]:
    """The measurements of one case."""
    return [
        Figure(name, figure_text(figure), "" if figure.get("expected") is None else str(figure["expected"]))
        for entry in case.measurements
        for name, figure in entry.items()
    ]


def figure_text(figure: Mapping[str, Any]) -> str:
    """A figure with its unit, such as ``8.1 s``; floats are cut to three significant digits."""
    value = figure.get("value")
    if value is None:
        return "not measured"
    if isinstance(value, bool):
        return "yes" if value else "no"
    unit = str(figure.get("unit") or "")
    if isinstance(value, int | float) and unit == "s":
        return seconds_text(float(value))
    text = str(value)
    if isinstance(value, float):
        text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def duration_s(figure: Mapping[str, Any]) -> float | None:
    """The figure in seconds; None where it is no time."""
    value, unit = figure.get("value"), _SECONDS.get(str(figure.get("unit") or ""))
    return None if unit is None or not _is_number(value) else float(value) * unit


def slower_factor(fast_s: float, slow_s: float) -> float | None:
    """How many times longer the second time is; None where the two are close enough to be chance."""
    if slow_s - fast_s <= SLOWER_S or slow_s <= SLOWER_FACTOR * fast_s:
        return None
    return slow_s / fast_s if fast_s > 0 else float("inf")


def are_unequal(found: Sequence[Mapping[str, Any]]) -> bool:
    """Whether figures of one name differ, times excepted (see :func:`slower_factor`).

    Words, yes or no, and whole numbers are properties: they differ unless they are equal. A fraction, and a whole
    number that is expected to be "about" or "at least" something, was measured: see :data:`MEASURED_SHARE`.
    """
    values = [figure.get("value") for figure in found]
    numbers = [float(value) for value in values if _is_number(value)]
    if len(numbers) < len(values) or not any(map(_is_measured, found)):
        return any(value != values[0] or isinstance(value, bool) != isinstance(values[0], bool) for value in values)
    low, high = min(numbers), max(numbers)
    unit = found[0].get("unit")
    if unit == "%":
        return high - low > MEASURED_POINTS
    if unit == _QUOTIENT:
        return high > SLOWER_FACTOR * low
    about = all(str(figure.get("expected") or "").startswith("about") for figure in found)
    return high - low > (ABOUT_SHARE if about else MEASURED_SHARE) * max(abs(low), abs(high))


def _is_measured(figure: Mapping[str, Any]) -> bool:
    return isinstance(figure.get("value"), float) or str(figure.get("expected") or "").startswith(_ROUGHLY)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
