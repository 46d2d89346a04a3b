"""Placeholder while the real provider is being written."""

from __future__ import annotations

from typing import Any


class ExistingProvider:
    """Placeholder."""

    name = "existing"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        raise NotImplementedError(arguments, options)
