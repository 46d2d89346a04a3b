"""The tables of what changes in a pod with pod-level resources, by the names and ids of Kubernetes' own cases.

Upstream's figures are 20m and 35Mi and steps of 5m and 5Mi, which most formulas for ``cpu.weight`` can't tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from resize.policies import POLICIES
from resize.resources import Resources

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

NOTHING: Final = Resources()

#: A Guaranteed pod's containers, and the pod; the sidecar's share is that of the container.
CONTAINER: Final = Resources.guaranteed(cpu="50m", memory="32Mi")
POD: Final = Resources.guaranteed(cpu="160m", memory="128Mi")

#: And the same of a Burstable one.
BURSTABLE: Final = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="32Mi", memory_limit="48Mi")
BURSTABLE_POD: Final = Resources.of(cpu_request="100m", cpu_limit="200m", memory_request="64Mi", memory_limit="96Mi")


@dataclass(frozen=True, slots=True)
class Change:
    """What a case's containers and its pod have before and after; None for the pod: it has nothing of its own."""

    before: Resources
    after: Resources
    pod_before: Resources | None = None
    pod_after: Resources | None = None


GUARANTEED_CHANGES: Final = {
    "cpu": Change(CONTAINER, CONTAINER.with_cpu("80m")),
    "mem": Change(CONTAINER, CONTAINER.with_memory("48Mi")),
    "same-direction": Change(CONTAINER, Resources.guaranteed(cpu="80m", memory="48Mi")),
    "opposite-directions": Change(CONTAINER, Resources.guaranteed(cpu="80m", memory="24Mi")),
    "pod-level-cpu": Change(CONTAINER, CONTAINER, POD, POD.with_cpu("200m")),
    "pod-level-mem": Change(CONTAINER, CONTAINER, POD, POD.with_memory("160Mi")),
    "only-pod-level-cpu": Change(NOTHING, NOTHING, POD, POD.with_cpu("200m")),
    "only-pod-level-mem": Change(NOTHING, NOTHING, POD, POD.with_memory("160Mi")),
    "pod-level-same-direction": Change(CONTAINER, CONTAINER, POD, Resources.guaranteed(cpu="200m", memory="160Mi")),
    "pod-level-opposite-directions": Change(CONTAINER, CONTAINER, POD, Resources.guaranteed(cpu="200m", memory="96Mi")),
}

#: The policies that upstream tries with a resize of the sidecar too.
WITH_SIDECAR: Final = ("no-restart", "cpu-mem-restart")


def _burstable(cpu_request: str, cpu_limit: str, memory_request: str, memory_limit: str) -> Change:
    """A change of the container by factors: "+", "=" or "-" of each value."""
    after = Resources.of(
        cpu_request={"-": "30m", "=": "50m", "+": "80m"}[cpu_request],
        cpu_limit={"=": "100m", "+": "150m"}[cpu_limit],
        memory_request={"-": "24Mi", "=": "32Mi", "+": "40Mi"}[memory_request],
        memory_limit={"-": "40Mi", "=": "48Mi", "+": "64Mi"}[memory_limit],
    )
    return Change(BURSTABLE, after)


def _burstable_pod(cpu_request: str, cpu_limit: str, memory_request: str, memory_limit: str) -> Change:
    """The same of the pod."""
    after = Resources.of(
        cpu_request={"-": "60m", "=": "100m", "+": "150m"}[cpu_request],
        cpu_limit={"=": "200m", "+": "300m"}[cpu_limit],
        memory_request={"-": "48Mi", "=": "64Mi", "+": "80Mi"}[memory_request],
        memory_limit={"-": "80Mi", "=": "96Mi", "+": "128Mi"}[memory_limit],
    )
    return Change(BURSTABLE, BURSTABLE, BURSTABLE_POD, after)


#: Of each value, CPU request and limit, memory request and limit, whether it rises, stays or falls.
_SIGNS: Final = {
    "cpu-requests": "+===",
    "cpu-limits": "=+==",
    "mem-requests": "==+=",
    "mem-limits": "===+",
    "same-direction": "++++",
    "opposite-directions": "++--",
    "requests-limits-opposite": "-++-",
}
BURSTABLE_CHANGES: Final = {
    **{name: _burstable(*signs) for name, signs in _SIGNS.items()},
    **{f"pod-level-{name}": _burstable_pod(*signs) for name, signs in _SIGNS.items()},
}

#: Each policy and each kind of change at least once; the others run at night, as a user-mode node has but one CPU.
REPRESENTATIVE: Final = {
    "guaranteed/no-restart/pod-level-cpu",
    "guaranteed/no-restart-init/opposite-directions",
    "guaranteed/mem-restart/pod-level-opposite-directions",
    "guaranteed/cpu-restart/only-pod-level-cpu",
    "guaranteed/cpu-mem-restart/only-pod-level-mem",
    "guaranteed/cpu-mem-restart-init/same-direction",
    "burstable/no-restart/pod-level-requests-limits-opposite",
    "burstable/cpu-restart/pod-level-cpu-limits",
    "burstable/mem-restart/pod-level-mem-requests",
    "burstable/cpu-mem-restart/pod-level-same-direction",
}


def guaranteed() -> list[ParameterSet]:
    """Each policy with each change; the sidecar stays as it is.

    Where only the pod's values change, upstream's rows that resize the sidecar too are the same as those that don't.
    """
    return [
        _row(
            POLICIES[policy],
            change,
            f"guaranteed/{policy}/{name}",
            *([f"guaranteed/{policy}-init/{name}"] if policy in WITH_SIDECAR and change.pod_after else []),
        )
        for policy in POLICIES
        for name, change in GUARANTEED_CHANGES.items()
    ]


def guaranteed_with_sidecar() -> list[ParameterSet]:
    """The changes of container and sidecar at once."""
    return [
        _row(POLICIES[policy], change, f"guaranteed/{policy}-init/{name}")
        for policy in WITH_SIDECAR
        for name, change in GUARANTEED_CHANGES.items()
        if change.pod_after is None
    ]


def burstable() -> list[ParameterSet]:
    """Each policy with each change of the container, and of the pod."""
    return [
        _row(POLICIES[policy], change, f"burstable/{policy}/{name}")
        for policy in POLICIES
        for name, change in BURSTABLE_CHANGES.items()
    ]


def _row(policy: dict[str, str], change: Change, *keys: str) -> ParameterSet:
    level = pytest.mark.conformance if REPRESENTATIVE & set(keys) else pytest.mark.nightly
    name = keys[0].split("/", 1)[1].replace("/", "-")
    upstream = pytest.mark.upstream(*(f"plr/{key}" for key in keys))
    return pytest.param(policy, change, id=name, marks=[level, upstream])
