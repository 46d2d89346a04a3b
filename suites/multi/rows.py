"""What changes in pods of several containers: by the names of Kubernetes' own cases, whose ids the rows carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from resize.policies import KEEP, RESTART
from resize.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _pytest.mark import ParameterSet

#: A Guaranteed pod's three containers. Steps are 20m and 16Mi, which show in every cgroup file.
GUARANTEED: Final = {
    "c1": Resources.guaranteed(cpu="60m", memory="80Mi"),
    "c2": Resources.guaranteed(cpu="80m", memory="88Mi"),
    "c3": Resources.guaranteed(cpu="100m", memory="96Mi"),
}

#: CPU and memory of each container after the resize, and upstream's ids.
GUARANTEED_CHANGES: Final = {
    "net-increase": (("80m", "96Mi"), ("100m", "104Mi"), ("80m", "80Mi"), ["multi/net-increase"]),
    "net-decrease": (("80m", "96Mi"), ("60m", "72Mi"), ("80m", "80Mi"), ["multi/net-decrease"]),
    "cpu-of-c2-down": (
        ("80m", "80Mi"),
        ("60m", "104Mi"),
        ("120m", "112Mi"),
        ["multi/mixed", "alpha/guaranteed/three-containers-cpu-of-c2-down"],
    ),
    "c2-against-the-others": (
        ("80m", "64Mi"),
        ("60m", "104Mi"),
        ("120m", "80Mi"),
        ["alpha/guaranteed/three-containers-c2-against-the-others"],
    ),
}


def guaranteed() -> list[ParameterSet]:
    """The changes of the Guaranteed pod."""
    return [
        pytest.param(
            {
                name: Resources.guaranteed(cpu=cpu, memory=memory)
                for name, (cpu, memory) in zip(GUARANTEED, changed, strict=True)
            },
            id=change,
            marks=pytest.mark.upstream(*ids),
        )
        for change, (*changed, ids) in GUARANTEED_CHANGES.items()
    ]


def _of(cpu: tuple[str, str], memory: tuple[str, str]) -> Resources:
    return Resources.of(cpu_request=cpu[0], cpu_limit=cpu[1], memory_request=memory[0], memory_limit=memory[1])


#: A Burstable pod's three containers.
BURSTABLE: Final = {
    "c1": _of(("40m", "100m"), ("64Mi", "96Mi")),
    "c2": _of(("50m", "120m"), ("72Mi", "104Mi")),
    "c3": _of(("60m", "140m"), ("80Mi", "112Mi")),
}

#: The policies of CPU and memory of each container.
_MEMORY_OF_C2 = {"c1": (KEEP, KEEP), "c2": (KEEP, RESTART), "c3": (KEEP, KEEP)}
_EACH_ANOTHER = {"c1": (RESTART, RESTART), "c2": (RESTART, KEEP), "c3": (KEEP, RESTART)}

#: Policies, what changes, and upstream's id; who is not named keeps what it has.
_BURSTABLE_CHANGES: Final[dict[str, tuple[Mapping[str, tuple[str, str]], Mapping[str, Resources]]]] = {
    "no-net-change": (
        _MEMORY_OF_C2,
        {"c1": _of(("50m", "120m"), ("72Mi", "104Mi")), "c3": _of(("50m", "120m"), ("72Mi", "112Mi"))},
    ),
    "net-increase": (
        _MEMORY_OF_C2,
        {"c1": _of(("30m", "80m"), ("56Mi", "96Mi")), "c2": _of(("80m", "160m"), ("96Mi", "128Mi"))},
    ),
    "net-decrease": (
        _EACH_ANOTHER,
        {"c2": _of(("60m", "140m"), ("80Mi", "112Mi")), "c3": _of(("30m", "80m"), ("64Mi", "80Mi"))},
    ),
}


def burstable() -> list[ParameterSet]:
    """The policies and changes of the Burstable pod."""
    return [
        pytest.param(
            {name: {"cpu": cpu, "memory": memory} for name, (cpu, memory) in policies.items()},
            after,
            id=change,
            marks=pytest.mark.upstream(f"alpha/three-containers/{change}"),
        )
        for change, (policies, after) in _BURSTABLE_CHANGES.items()
    ]


#: Containers with a request here and there, and what each of them gets: c1 more CPU and a CPU limit, c2 less memory and
#: a memory limit, c3 less memory, c4 less CPU and a memory request, c5 more memory and a CPU request.
SOME_VALUES: Final = {
    "c1": (Resources.of(cpu_request="50m"), Resources.of(cpu_request="70m", cpu_limit="100m")),
    "c2": (Resources.of(memory_request="64Mi"), Resources.of(memory_request="56Mi", memory_limit="96Mi")),
    "c3": (
        Resources.of(cpu_request="50m", memory_request="64Mi"),
        Resources.of(cpu_request="50m", memory_request="56Mi"),
    ),
    "c4": (Resources.of(cpu_request="50m"), Resources.of(cpu_request="30m", memory_request="64Mi")),
    "c5": (Resources.of(memory_request="64Mi"), Resources.of(cpu_request="50m", memory_request="80Mi")),
}
