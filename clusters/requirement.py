"""One thing that a cluster takes of the machine: whether it is there, and how to get it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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


def programs(wanted: Iterable[tuple[str, str, str | None]]) -> list[Requirement]:
    """What is missing of some programs, one requirement each, or that all of them are there.

    Args:
        wanted: Each one's name, Debian's package of it, and where to look in place of PATH, if anywhere else.
    """
    listed = list(wanted)
    missing = [
        Requirement(
            name,
            ok=False,
            detail=f"the program {name} is missing",
            remedy=f"on Debian or Ubuntu, apt-get install {package}",
        )
        for name, package, path in listed
        if shutil.which(name, path=path) is None
    ]
    return missing or [Requirement("programs", ok=True, detail=", ".join(name for name, _, _ in listed))]


def problems_of(requirements: list[Requirement]) -> list[str]:
    """The sentences of those that keep a cluster from running."""
    return [requirement.sentence for requirement in requirements if requirement.blocks]
