"""The part of a component's log that is about a certain time."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: klog's header: level, month and day, time of day.
_HEADER = re.compile(r"[IWEF](?P<month>\d\d)(?P<day>\d\d) (?P<time>\d\d:\d\d:\d\d)\.")


def lines_since(log: Path, moment: float) -> str:
    """The log's lines from a moment on, in seconds since the epoch; a line without a time belongs to the one before."""
    if not log.exists():
        return f"there is no {log}\n"
    wanted = datetime.datetime.fromtimestamp(moment).astimezone()
    first = f"{wanted:%m%d %H:%M:%S}"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines):
        match = _HEADER.match(line)
        if match and f"{match['month']}{match['day']} {match['time']}" >= first:
            return "\n".join(lines[number:]) + "\n"
    return f"the kubelet logged nothing after {first}\n"
