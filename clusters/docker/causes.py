"""Why a cluster of containers does not come up: what its components said before they ended, out of the saved logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clusters.local.diagnosis import CAUSES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: How components say that they can't go on (k8s.io/component-base/cli, klog's Fatal, Go's panic), behind what a
#: container runtime (time, stream) or systemd's journal (time, host, process) puts in front of each line.
_LAST_WORD = re.compile(
    r"^(?:\S+ std(?:out|err) F |\w{3} +\d+ [\d:]+ \S+ \S+\[\d+\]: )?"
    r"(?P<word>Error: .*|panic: .*|[EF]\d{4} .*command failed.*|F\d{4} .*)"
)
#: The components' own logs come before the nodes', which hold many things.
_LOGS = ("*/pods/*/*/*.log", "*/kubelet.log", "*/containerd.log", "*.log")


def likely_cause(directory: Path) -> str:
    """What the logs of a cluster say of its end.

    Args:
        directory: As ``kind export logs`` fills it, or with a file for each node.

    Returns:
        A line with the file, what a component said, and what that usually means; empty where none said anything.
    """
    for log, word in _last_words(directory):
        for pattern, cause in CAUSES:
            if pattern.search(word):
                return f"\n{log.relative_to(directory)} says: {word}\nLikely cause: {cause}"
    for log, word in _last_words(directory):
        return f"\n{log.relative_to(directory)} says: {word}"
    return ""


def _last_words(directory: Path) -> Iterator[tuple[Path, str]]:
    for pattern in _LOGS:
        for log in sorted(directory.glob(pattern)):
            if log.name in {"create.log", "export.log", "delete.log", "warden.log"}:
                continue
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
                match = _LAST_WORD.match(line)
                if match is not None:
                    yield log, match["word"][:500]
