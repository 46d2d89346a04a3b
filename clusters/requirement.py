"""One thing that a cluster takes of the machine: whether it is there, and how to get it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing looked at.

    Attributes:
        name: What was looked at, in a word or three.
        ok: Whether it is as it should be.
        detail: What is there, or what is missing and why that matters.
        remedy: How to get it: a command, or a setting; empty where it is there.
        needed: Whether there is no cluster without it.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    needed: bool = True

    @property
    def blocks(self) -> bool:
        """Whether there is no cluster as long as this is so."""
        return self.needed and not self.ok

    @property
    def sentence(self) -> str:
        """What is wrong and what to do about it, in one line."""
        return f"{self.detail}: {self.remedy}" if self.remedy else self.detail


def problems_of(requirements: list[Requirement]) -> list[str]:
    """The sentences of those that keep a cluster from running."""
    return [requirement.sentence for requirement in requirements if requirement.blocks]
