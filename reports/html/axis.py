"""The time axis of a timeline's picture.

A cgroup follows within 0.2 s while usage settles over half a minute, so a linear axis would hide the one or the other.
Longer timelines are stretched where something changed and near zero, and narrower elsewhere. The ticks say so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from reports.html.svg import text_width
from reports.units import seconds_text

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Up to here a linear axis shows all there is to see.
_LINEAR_UP_TO_S = 1.5
#: The logarithmic part of a stretched axis is about linear below this; the first second gets a third of 60 s.
_KNEE_S = 0.2
#: How much of the width is shared out evenly among the changes; the rest is logarithmic.
_EVEN_PART = 0.4
#: Changes nearer to each other than this part of their time share their room.
_SAME_CHANGE = 0.05
_TICKS_S = (0.0, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 40, 50, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600, 7200)
_LINEAR_STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
#: The shortest span drawn, so that an empty timeline has an axis too.
_SHORTEST_S = 0.1
_TICK_GAP_PX = 14


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Maps seconds since the request to pixels.

    Attributes:
        end_s: Second at the right edge.
        left: Pixel of second 0.
        right: Pixel of ``end_s``.
        knots: Rising seconds from 0 to ``end_s``, one a change; each stretch between two has an even share of room.
    """

    end_s: float
    left: float
    right: float
    knots: tuple[float, ...]

    @classmethod
    def over(cls, end_s: float, *, left: float, right: float, changes: Iterable[float] = ()) -> TimeAxis:
        """Makes an axis from 0 to ``end_s`` seconds between two pixels.

        Args:
            end_s: The last second.
            left: Pixel of second 0.
            right: Pixel of the last second.
            changes: Seconds at which something changed, in any order.
        """
        end_s = max(end_s, _SHORTEST_S)
        knots = [0.0]
        for at_s in sorted(changes):
            if knots[-1] * (1 + _SAME_CHANGE) < at_s < end_s and at_s - knots[-1] > _KNEE_S * _SAME_CHANGE:
                knots.append(at_s)
        return cls(end_s=end_s, left=left, right=right, knots=(*knots, end_s))

    @property
    def stretched(self) -> bool:
        """Whether equal times are drawn unequally wide."""
        return self.end_s > _LINEAR_UP_TO_S

    def x(self, at_s: float) -> float:
        """The pixel of a second; what lies outside the axis is put on its edge."""
        at_s = min(max(at_s, 0.0), self.end_s)
        part = at_s / self.end_s
        if self.stretched:
            logarithmic = math.log1p(at_s / _KNEE_S) / math.log1p(self.end_s / _KNEE_S)
            part = _EVEN_PART * self._even(at_s) + (1 - _EVEN_PART) * logarithmic
        return self.left + part * (self.right - self.left)

    def _even(self, at_s: float) -> float:
        """The part of the way, each stretch between two changes counted as equally long."""
        stretches = list(pairwise(self.knots))
        for index, (start_s, stop_s) in enumerate(stretches):
            if at_s <= stop_s:
                return (index + (at_s - start_s) / (stop_s - start_s)) / len(stretches)
        return 1.0

    def ticks(self, font_px: float) -> list[tuple[float, str]]:
        """The ticks as pixel and label, as many as fit without touching each other."""
        shown: list[tuple[float, str]] = []
        edge = -math.inf
        for at_s in self._candidates(font_px):
            label = tick_text(at_s)
            x, half = self.x(at_s), text_width(label, font_px) / 2
            if x - half >= edge:
                shown.append((x, label))
                edge = x + half + _TICK_GAP_PX
        return shown

    def _candidates(self, font_px: float) -> list[float]:
        if self.stretched:
            return [at_s for at_s in _TICKS_S if at_s <= self.end_s]
        room = (self.right - self.left) / (text_width("0.25 s", font_px) + _TICK_GAP_PX)
        step = next((step for step in _LINEAR_STEPS_S if self.end_s / step <= room), _LINEAR_STEPS_S[-1])
        return [index * step for index in range(int(self.end_s / step + 1e-9) + 1)]


def tick_text(at_s: float) -> str:
    """A tick's label: round figures without needless decimals."""
    return f"{at_s:g} s" if at_s < 60 else seconds_text(at_s)
