"""The one error of this package."""

from __future__ import annotations

from clusters.contract import ClusterError


class ComponentError(ClusterError):
    """A component binary or an image could not be had; the message says why and what to do next."""


def last_lines(text: str, count: int) -> str:
    """The end of what a command printed, set off for a message."""
    return "\n".join(f"  {line}" for line in text.rstrip().splitlines()[-count:])
