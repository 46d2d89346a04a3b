"""The providers, put together from their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusters.local.onhost import OnHost
from clusters.local.provider import LocalProvider
from clusters.uml.machine import InMachine

if TYPE_CHECKING:
    from clusters.components.resolver import ComponentResolver
    from clusters.progress import Progress


def local_provider(
    resolver: ComponentResolver, progress: Progress, *, stress_image: str | None = None
) -> LocalProvider:
    """The local provider with both kinds of node.

    Args:
        resolver: Finds or makes the components.
        progress: Where long steps are told.
        stress_image: Pulled instead of the one put together here.
    """
    return LocalProvider(resolver, (OnHost(), InMachine(resolver, progress)), stress_image=stress_image)
