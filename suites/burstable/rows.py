"""The table of what changes in a Burstable pod: by the names of Kubernetes' own cases, whose ids the rows carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from resize.policies import POLICIES
from resize.resources import Resources

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

BEFORE: Final = Resources.of(cpu_request="50m", cpu_limit="200m", memory_request="64Mi", memory_limit="128Mi")


def _after(cpu: tuple[str, str] = ("50m", "200m"), memory: tuple[str, str] = ("64Mi", "128Mi")) -> Resources:
    """Requests and limits of CPU and memory."""
    return Resources.of(cpu_request=cpu[0], cpu_limit=cpu[1], memory_request=memory[0], memory_limit=memory[1])


#: Upstream's seven changes.
CHANGES: Final = {
    "cpu-requests": _after(cpu=("100m", "200m")),
    "cpu-limits": _after(cpu=("50m", "300m")),
    "mem-requests": _after(memory=("96Mi", "128Mi")),
    "mem-limits": _after(memory=("64Mi", "160Mi")),
    "same-direction": _after(("100m", "300m"), ("96Mi", "160Mi")),
    "opposite-directions": _after(("100m", "300m"), ("32Mi", "96Mi")),
    "requests-limits-opposite": _after(("20m", "300m"), ("80Mi", "96Mi")),
}

#: The cases of 1.27 to 1.34 that a row of today's matrix covers too, in one direction or the other.
OLDER: Final = {
    "no-restart/cpu-requests": ("burstable/increase-cpu-requests", "burstable/decrease-cpu-requests"),
    "no-restart/cpu-limits": ("burstable/increase-cpu-limits", "burstable/decrease-cpu-limits"),
    "no-restart/mem-requests": (
        "burstable/increase-memory-requests",
        "burstable/decrease-memory-requests",
        "policy/increase-memory-request-no-restart",
    ),
    "no-restart/mem-limits": (
        "burstable/increase-memory-limits",
        "burstable/decrease-memory-limits",
        "burstable/memory-only-decrease-limit",
    ),
    "cpu-restart/same-direction": ("policy/burstable-decrease-cpu-restarts",),
    "mem-restart/same-direction": ("policy/burstable-decrease-memory-restarts",),
    "mem-restart/mem-requests": ("policy/decrease-memory-request-restarts",),
}

#: Changes that only the cases of 1.27 to 1.34 make: each name is a case there, and so is its reverse.
OLDER_CHANGES: Final = {
    "cpu-requests-and-limits": (
        _after(cpu=("100m", "300m")),
        ("increase-cpu-requests-and-limits", "decrease-cpu-requests-and-limits"),
    ),
    "cpu-requests-down-limits-up": (
        _after(cpu=("20m", "300m")),
        ("decrease-cpu-requests-and-increase-cpu-limits", "increase-cpu-requests-and-decrease-cpu-limits"),
    ),
    "mem-requests-and-limits": (
        _after(memory=("96Mi", "160Mi")),
        ("increase-memory-requests-and-limits", "decrease-memory-requests-and-limits"),
    ),
    "mem-requests-down-limits-up": (
        _after(memory=("32Mi", "160Mi")),
        ("decrease-memory-requests-and-increase-memory-limits", "increase-memory-requests-and-decrease-memory-limits"),
    ),
    "cpu-requests-down-mem-limits-up": (
        _after(("20m", "200m"), ("64Mi", "160Mi")),
        ("decrease-cpu-requests-and-increase-memory-limits", "increase-cpu-requests-and-decrease-memory-limits"),
    ),
    "mem-requests-down-cpu-limits-up": (
        _after(("50m", "300m"), ("32Mi", "128Mi")),
        ("decrease-memory-requests-and-increase-cpu-limits", "increase-memory-requests-and-decrease-cpu-limits"),
    ),
}

#: Rows that run at every level.
SMOKE: Final = {"no-restart/same-direction", "mem-restart/mem-limits"}


def matrix() -> list[ParameterSet]:
    """Each policy with each change."""
    return [_row(policy, change) for policy in POLICIES for change in CHANGES]


def _row(policy: str, change: str) -> ParameterSet:
    key = f"{policy}/{change}"
    ids = [f"burstable/{key}", *(f"alpha/{older}" for older in OLDER.get(key, ()))]
    level = pytest.mark.smoke if key in SMOKE else pytest.mark.conformance
    return pytest.param(
        POLICIES[policy], CHANGES[change], id=f"{policy}-{change}", marks=[level, pytest.mark.upstream(*ids)]
    )


def older() -> list[ParameterSet]:
    """The changes that only older versions' tests make."""
    return [
        pytest.param(after, id=name, marks=pytest.mark.upstream(*(f"alpha/burstable/{case}" for case in cases)))
        for name, (after, cases) in OLDER_CHANGES.items()
    ]
