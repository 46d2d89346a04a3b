"""The table of what changes in a Guaranteed pod: by the names of Kubernetes' own cases, whose ids the rows carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from resize.policies import POLICIES
from resize.resources import Resources

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

BEFORE: Final = Resources.guaranteed(cpu="100m", memory="96Mi")

CHANGES: Final = {
    "cpu": BEFORE.with_cpu("150m"),
    "mem": BEFORE.with_memory("128Mi"),
    "same-direction": Resources.guaranteed(cpu="150m", memory="128Mi"),
    "opposite-directions": Resources.guaranteed(cpu="150m", memory="64Mi"),
}

#: The policies that upstream tries with a resize of the sidecar too.
WITH_SIDECAR: Final = ("no-restart", "cpu-mem-restart")

#: The cases of 1.27 to 1.34 that a row of today's matrix covers too, in one direction or the other.
OLDER: Final = {
    "no-restart/cpu": ("guaranteed/decrease-cpu",),
    "no-restart/same-direction": ("guaranteed/increase-cpu-and-memory", "guaranteed/decrease-cpu-and-memory"),
    "no-restart/opposite-directions": (
        "guaranteed/increase-cpu-and-decrease-memory",
        "guaranteed/decrease-cpu-and-increase-memory",
    ),
    "mem-restart/same-direction": ("policy/guaranteed-increase-memory-restarts",),
}

#: Rows that run at every level.
SMOKE: Final = {"no-restart/opposite-directions", "cpu-mem-restart/same-direction"}


def matrix() -> list[ParameterSet]:
    """Each policy with each change of the container."""
    return [_row(policy, change, suffix="") for policy in POLICIES for change in CHANGES]


def with_sidecar() -> list[ParameterSet]:
    """The policies and changes of container and sidecar at once."""
    return [_row(policy, change, suffix="-init") for policy in WITH_SIDECAR for change in CHANGES]


def _row(policy: str, change: str, *, suffix: str) -> ParameterSet:
    key = f"{policy}{suffix}/{change}"
    ids = [f"guaranteed/{key}", *(f"alpha/{older}" for older in OLDER.get(key, ()))]
    level = pytest.mark.smoke if key in SMOKE else pytest.mark.conformance
    return pytest.param(
        POLICIES[policy], CHANGES[change], id=f"{policy}-{change}", marks=[level, pytest.mark.upstream(*ids)]
    )
