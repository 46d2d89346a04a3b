"""What one run of one side came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.process import Ended


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run.

    Attributes:
        ended: How its process ended, and what that took.
        took_s: Seconds by upstream's id; where one case of ours stands for several, each has its share.
        failures: Why it failed, by upstream's id.
        requests: How many requests its client made to the API server; None where that was not counted.
        peak_mib: The most memory that a process of it had; None where that was not looked at.
    """

    ended: Ended
    took_s: Mapping[str, float]
    failures: Mapping[str, str] = field(default_factory=dict)
    requests: int | None = None
    peak_mib: float | None = None

    @property
    def in_cases_s(self) -> float:
        """What the cases took together, without the process's own start and end."""
        return sum(self.took_s.values())
