"""Markdown as the pages of docs/ need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    """A table; a bar in a cell would end it, and is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def code(text: str) -> str:
    """Text as code, whatever it holds."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def link(text: str, target: str) -> str:
    """A link; brackets in the text are a case's parameters, which stand in code and need no escape."""
    return f"[{text}]({target})"
