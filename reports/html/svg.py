"""Small pieces for drawing: elements that escape by construction, and an estimate of how wide text is."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from reports.text import xml_text

#: Mean advance of a system sans-serif glyph in parts of the font size; DejaVu Sans is the widest in common use.
_ADVANCE = 0.62


def add(parent: Element, tag: str, /, content: str | None = None, **attributes: str | float) -> Element:
    """Adds a child element; ``css`` gives its class, and other names have ``_`` turned into ``-``."""
    element = SubElement(parent, tag)
    for name, value in attributes.items():
        key = "class" if name == "css" else name.replace("_", "-")
        element.set(key, xml_text(value) if isinstance(value, str) else number(value))
    if content is not None:
        element.text = xml_text(content)
    return element


def number(value: float) -> str:
    """A coordinate with at most one decimal, which is finer than a screen shows."""
    return f"{value:.1f}".removesuffix(".0")


def text_width(text: str, font_px: float) -> float:
    """About how many pixels the text takes, rather too many than too few."""
    return len(text) * font_px * _ADVANCE


def shortened(text: str, width: float, font_px: float) -> str:
    """The text cut to a width with an ellipsis; empty when not even a few characters fit."""
    if text_width(text, font_px) <= width:
        return text
    fitting = int(width / (font_px * _ADVANCE)) - 1
    return text[:fitting].rstrip() + "…" if fitting >= 5 else ""
