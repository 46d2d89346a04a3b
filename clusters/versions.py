"""Kubernetes versions as people write them: 1.37, 1.37.0, v1.37.0."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(r"v?(?P<major>\d+)\.(?P<minor>\d+)(?:\.(?P<patch>\d+))?(?P<suffix>[-+][0-9A-Za-z.+-]*)?")


@dataclass(frozen=True, order=True, slots=True)
class KubeVersion:
    """A Kubernetes version; ``patch`` is None where only the minor is meant, as in "1.37"."""

    major: int
    minor: int
    patch: int | None = None

    @classmethod
    def parse(cls, text: str) -> KubeVersion:
        """Read ``1.37``, ``1.37.0``, ``v1.37.0`` or a distribution's ``v1.37.0+k3s1``, whose suffix is dropped.

        Raises:
            ValueError: The text is no version; the message quotes it and shows the accepted forms.
        """
        match = _VERSION.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is no Kubernetes version; write 1.37, 1.37.0 or v1.37.0")
        patch = match["patch"]
        return cls(int(match["major"]), int(match["minor"]), None if patch is None else int(patch))

    @property
    def minor_text(self) -> str:
        """The minor version alone, such as ``1.37``: the key of the behaviour catalogue."""
        return f"{self.major}.{self.minor}"

    @property
    def tag(self) -> str:
        """The release's tag, such as ``v1.37.2``.

        Raises:
            ValueError: The patch is not known; resolve it against the pinned versions first.
        """
        if self.patch is None:
            raise ValueError(f"Kubernetes {self.minor_text} names no patch release")
        return f"v{self.major}.{self.minor}.{self.patch}"

    def __str__(self) -> str:
        return self.minor_text if self.patch is None else f"{self.minor_text}.{self.patch}"
