"""Quantities and times as a reader wants them, in Kubernetes' own notation where there is one."""

from __future__ import annotations

from typing import Literal

_MEBIBYTE = 1024**2
_MEGABYTE = 1000**2


def cpu_text(cpu_milli: float) -> str:
    """CPU, such as ``300m``, ``1.5 CPU``, or ``99.6m`` for a measured value below ten."""
    if cpu_milli >= 1000 and cpu_milli % 100 == 0:
        return f"{cpu_milli / 1000:g} CPU"
    if cpu_milli == int(cpu_milli):
        return f"{int(cpu_milli)}m"
    return f"{cpu_milli:.1f}m" if cpu_milli < 10 else f"{cpu_milli:.0f}m"


def memory_text(memory_bytes: float) -> str:
    """Memory, exact enough that page rounding shows: ``128 MiB``, ``250 MB``, ``249.999 MB`` for 249999360 bytes."""
    if memory_bytes and memory_bytes % _MEBIBYTE == 0:
        return f"{memory_bytes / _MEBIBYTE:.0f} MiB"
    if memory_bytes and memory_bytes % (_MEGABYTE / 10) == 0:
        return f"{memory_bytes / _MEGABYTE:g} MB"
    if memory_bytes < 10_000:
        return f"{memory_bytes:.0f} B"
    for digits in range(3, 6):
        text = f"{memory_bytes / _MEGABYTE:.{digits}f}"
        if float(text) != round(memory_bytes / _MEGABYTE, 1):
            return f"{text} MB"
    return f"{memory_bytes / _MEGABYTE:.6f} MB"


def usage_text(resource: Literal["cpu", "memory"], value: float) -> str:
    """A measured value, rounded: digits beyond the third say nothing."""
    if resource == "cpu":
        return f"{value:.0f}m"
    return f"{value / _MEBIBYTE:.0f} MiB" if value >= _MEBIBYTE else f"{value / 1024:.0f} KiB"


def value_text(resource: Literal["cpu", "memory"], value: float | None) -> str:
    """A set value of a resource; ``none`` where there is no such value."""
    if value is None:
        return "none"
    return cpu_text(value) if resource == "cpu" else memory_text(value)


def seconds_text(seconds: float) -> str:
    """A time or a duration, such as ``43 ms``, ``0.21 s``, ``8.1 s``, ``31 s`` or ``2 min 5 s``."""
    if abs(seconds) < 0.0995:
        return f"{seconds * 1000:.0f} ms" if seconds else "0 s"
    if abs(seconds) < 0.995:
        return f"{seconds:.2f} s"
    if abs(seconds) < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"
