"""The one error of this package."""

from __future__ import annotations

from clusters.contract import ClusterError


class ComponentError(ClusterError):
    """A component binary or an image could not be had; the message says why and what to do next."""
