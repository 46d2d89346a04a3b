"""How long each phase of a start took, for the terminal and the report."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Phases:
    """A stop watch with a name for each lap."""

    def __init__(self) -> None:
        #: Seconds by phase, in the order in which the phases ended.
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the body."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(time.monotonic() - begun, 3)

    def __str__(self) -> str:
        return describe(self.seconds)


def describe(phases_s: Mapping[str, float]) -> str:
    """The sum and the laps in one line, such as ``4.8 s (processes 0.1 s, API ready 3.6 s)``."""
    told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in phases_s.items())
    return f"{sum(phases_s.values()):.1f} s ({told})"
