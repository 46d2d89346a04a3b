"""Why a component did not come up: its last words, its exit code, and what they usually mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: How many lines of a component's log go into a message; the whole log stays in the results folder.
TAIL_LINES = 12

#: What a kubelet without CAP_SYS_RESOURCE says now and then, and goes on.
_HARMLESS = "failed to apply oom score"

#: Where in a component's source a line of its log was written: ``E1126 01:43:07.572532      73 kubelet.go:3596] ...``.
_KLOG_PLACE = re.compile(r"[IWEF]\d{4} [\d:.]+ +\d+ (\S+:\d+)\]")

#: (what the log says, what it means and what to do), first match wins.
CAUSES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), cause)
    for pattern, cause in (
        (r"address already in use", "another process of this cluster holds the port; please report this as a bug"),
        (r"running with swap on is not supported",
         "the host has swap, which the kubelet was told to accept: report this"),
        (r"configured to not run on a host using cgroup v1",
         "this kubelet refuses cgroup v1; boot the host with cgroup v2"),
        (r"can't get final child's PID from pipe", "runc may not lower oom_score_adj: the host lacks CAP_SYS_RESOURCE"),
        (r"cgroup.*(no such file|not found|not mounted)|missing controller|failed to find subsystem mount",
         "a cgroup controller is missing on this host; see `make doctor`"),
        (r"invalid (value|argument).*feature.?gates?|unrecognized feature gate|cannot set feature gate",
         "this version does not know the feature gate or has locked it; see --feature-gates"),
        (r"unknown flag|unknown field|strict decoding error", "this version does not know a setting it was given"),
        (r"failed to validate kubelet configuration|quantities must match",
         "a setting of the kubelet's configuration has a value that it does not take"),
        (r"no space left on device", "the disk is full; see `df -h`"),
        (r"too many open files|inotify", "raise fs.inotify.max_user_instances or the open file limit (ulimit -n)"),
        (r"permission denied|operation not permitted", "a right is missing; the local provider needs root"),
        (r"exec format error", "the binary is for another architecture"),
        (r"error while loading shared libraries: (\S+)", "a shared library is missing; install its package"),
        (r"unsupported|not supported.*overlay|overlay.*not supported", "the file system does not support overlayfs"),
        (r"signal: killed|out of memory|oom", "the host ran out of memory"),
    )
)  # fmt: skip


def explain(name: str, code: int | None, log: Path, *, outcome: str = "is running but not ready") -> str:
    """Tell in one message what happened to a component.

    Args:
        name: The component's name.
        code: Its exit code, negative for a signal's number, None where there is none.
        log: Its log file.
        outcome: What happened to it where there is no exit code.
    """
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    lines = _last_words(text.splitlines())
    if code is not None:
        outcome = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    grave = "\n".join(line for line in lines if _HARMLESS not in line)
    cause = next((cause for pattern, cause in CAUSES if pattern.search(grave)), None)
    told = "\n".join(f"    {line}" for line in lines) or "    (nothing)"
    return (
        f"{name} {outcome}.\n"
        f"  Likely cause: {cause or 'not known; read the log'}.\n"
        f"  Its last words:\n{told}\n"
        f"  Whole log: {log}"
    )


def _last_words(lines: list[str]) -> list[str]:
    """The log's end; of a Go program that panicked, the panic itself and not the end of its stack.

    What is said again and again is told once: a kubelet that can't register says so ten times a second, and not why.
    """
    panics = [number for number, line in enumerate(lines) if line.startswith(("panic:", "fatal error:"))]
    if panics:
        return lines[panics[-1] :][:TAIL_LINES]
    said: dict[str, list[str]] = {}
    for line in reversed(lines):
        place = _KLOG_PLACE.match(line)
        said.setdefault(place[1] if place else line, []).append(line)
        if len(said) > TAIL_LINES:
            said.popitem()
            break
    return [
        same[0] if len(same) == 1 else f"{same[0]}   (and {len(same) - 1} times before)"
        for same in reversed(said.values())
    ]
