"""What a component has counted of resizes by its own metrics, and how that grew since a case began."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from resize.observer import ConformanceError
from resize.oom import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: ``name{label="value",...} figure`` of the Prometheus text format.
_SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
#: A counter is there as soon as what it counts was done; on a busy node the answer comes late.
DEADLINE_S = 15.0

Labels = frozenset[tuple[str, str]]


def parse(text: str, name: str) -> dict[Labels, float]:
    """The samples of one metric by their labels."""
    return {
        frozenset(_LABEL.findall(match["labels"] or "")): float(match["value"])
        for match in _SAMPLE.finditer(text)
        if match["name"] == name
    }


class Counts:
    """The metrics of one component, compared with what they were when this was made.

    Args:
        read: Gives the component's /metrics.
    """

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._before = read()

    def now(self, name: str, **labels: str) -> float:
        """A metric's present value, summed over the labels that are not named; 0 where there is none yet."""
        return _total(parse(self._read(), name), labels)

    def grown(self, name: str, **labels: str) -> float:
        """How much it grew since the beginning."""
        return self.now(name, **labels) - _total(parse(self._before, name), labels)

    def changes(self, name: str) -> dict[str, float]:
        """What grew, by the labels' values in the order of their names, such as ``"increase requests cpu"``."""
        before, after = parse(self._before, name), parse(self._read(), name)
        return {
            " ".join(value for _, value in sorted(labels)): value - before.get(labels, 0.0)
            for labels, value in after.items()
            if value != before.get(labels, 0.0)
        }

    def assert_changes(self, name: str, expected: Mapping[str, float]) -> None:
        """Check that exactly this grew, and by so much; what comes a moment late is waited for.

        Raises:
            ConformanceError: Something else did.
        """
        __tracebackhide__ = True
        if not eventually(lambda: self.changes(name) == expected, deadline_s=DEADLINE_S):
            raise ConformanceError(f"{name} grew by {self.changes(name)}; expected {dict(expected)}")

    def assert_grown(self, name: str, by: float, **labels: str) -> None:
        """Check that a metric grew by so much.

        Raises:
            ConformanceError: It did not, or by more.
        """
        __tracebackhide__ = True
        if not eventually(lambda: self.grown(name, **labels) == by, deadline_s=DEADLINE_S):
            raise ConformanceError(f"{name}{labels or ''} grew by {self.grown(name, **labels):g}; expected {by:g}")

    def assert_now(self, name: str, value: float, **labels: str) -> None:
        """Check a metric's present value.

        Raises:
            ConformanceError: It is another, and stays so.
        """
        __tracebackhide__ = True
        if not eventually(lambda: self.now(name, **labels) == value, deadline_s=DEADLINE_S):
            raise ConformanceError(f"{name}{labels or ''} is {self.now(name, **labels):g}; expected {value:g}")


def _total(samples: Mapping[Labels, float], labels: Mapping[str, str]) -> float:
    wanted = set(labels.items())
    return sum(value for found, value in samples.items() if wanted <= found)
