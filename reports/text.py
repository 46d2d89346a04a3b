"""Text as XML 1.0 may hold it."""

from __future__ import annotations

import re

#: XML 1.0 section 2.2 allows no other control characters, not even escaped; logs and terminal output hold them.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Returns the text with each character that XML can't hold replaced by U+FFFD."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
