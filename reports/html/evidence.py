"""Evidence files as the page shows them: a link, and the text itself where the file is small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from reports.redact import redact
from reports.text import xml_text

if TYPE_CHECKING:
    from pathlib import Path

#: Larger files are only linked: a page of many megabytes opens slowly.
INLINE_BELOW_BYTES = 64 * 1024
_TEXT_SUFFIXES = frozenset({".yaml", ".yml", ".json", ".txt", ".log", ".md"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """One evidence file.

    Attributes:
        title: What the file holds.
        path: Path relative to the run's folder, as shown.
        link: The same as a relative address; empty when the file lies outside the run's folder.
        text: The redacted text; None when the file is only linked.
        note: Why there is no text, where a reader could wonder.
    """

    title: str
    path: str
    link: str
    text: str | None = None
    note: str = ""


def read_evidence(entry: dict[str, str], directory: Path) -> Evidence:
    """Reads one evidence entry of a case.

    Args:
        entry: ``path`` relative to the run's folder, and ``title``.
        directory: The run's folder.
    """
    path, title = entry["path"], entry["title"]
    file = directory / path
    if not file.resolve().is_relative_to(directory.resolve()):
        return Evidence(title, path, "", note="outside the run's folder, not shown")
    link = quote(path)
    try:
        size = file.stat().st_size
        if file.suffix not in _TEXT_SUFFIXES:
            return Evidence(title, path, link)
        if size >= INLINE_BELOW_BYTES:
            return Evidence(title, path, link, note=f"{size / 1024:.0f} KiB, open the file")
        return Evidence(title, path, link, text=xml_text(redact(file.read_text(encoding="utf-8", errors="replace"))))
    except OSError as error:
        return Evidence(title, path, "", note=f"can't be read: {error.strerror}")
