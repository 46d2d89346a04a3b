"""Single files of cgroup v2 with their figures as people read them on a node, independent of how they are computed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from resize.cgroup_names import cgroups_path
from resize.cgroup_paths import cgroups_path_of
from resize.locate import CTR
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from resize.cgroup_paths import Level
    from resize.pod import ResizablePod
    from resize.usage import Measures

_LEVELS: Final[tuple[Level, ...]] = ("pod", "container")


def assert_seed_path(pod: ResizablePod) -> None:
    """Check that the runtime's record of the container names the cgroup that the kubelet's rules give it.

    That the container's process is really there, :func:`resize.locate.locate` has found out.

    Raises:
        ConformanceError: It names another.
    """
    __tracebackhide__ = True
    container = pod.only_container
    info = json.loads(pod.cgroup.node.run([*CTR, "containers", "info", container.container_id]))
    told, (_, driver) = cgroups_path_of(info), pod.observer.layout
    right = cgroups_path(pod.view.qos_class, pod.view.uid, container.container_id, driver)
    if not told.endswith(right):
        raise ConformanceError(f"ctr containers info names the cgroup {told}; expected one that ends with {right}")


def assert_files_show(pod: ResizablePod, *, memory_max: str, cpu_max: str) -> None:
    """Check the text of memory.max and cpu.max of the pod's cgroup and of its only container's.

    Raises:
        ConformanceError: One of them has another.
    """
    __tracebackhide__ = True
    right = {"memory.max": memory_max, "cpu.max": cpu_max}
    found = {(level, name): pod.cgroup.text(level, name) for level in _LEVELS for name in right}
    wrong = [
        f"{name} of the {level} is {text!r}, expected {right[name]!r}"
        for (level, name), text in found.items()
        if text != right[name]
    ]
    if wrong:
        raise ConformanceError(pod.observer.describe("; ".join(wrong), pod.expected(), []))


def assert_weights(pod: ResizablePod, measures: Measures, when: str, *, linear: int, quadratic: int) -> None:
    """Check cpu.weight of the pod's only container and of the pod, and show both in the report.

    Args:
        pod: The pod.
        measures: Where the report's figures go.
        when: Such as "with 100m".
        linear: The right weight by the old formula.
        quadratic: The right weight by the new one.

    Raises:
        ConformanceError: One is wrong by the formula of who wrote it, or by both where the runtime is not known.
    """
    __tracebackhide__ = True
    right = {"linear": linear, "quadratic": quadratic}
    formulas = {
        "container": list(right) if pod.runtime_weight is None else [pod.runtime_weight],
        "pod": [pod.behaviour.cgroups.pod_weight],
    }
    wrong = []
    for level in _LEVELS:
        weight, accepted = int(pod.cgroup.text(level, "cpu.weight")), [right[name] for name in formulas[level]]
        expected = " or ".join(map(str, accepted))
        measures.measure(f"cpu.weight of the {level}, {when}", weight, "", expected=expected)
        if weight not in accepted:
            wrong.append(f"cpu.weight of the {level} {when} is {weight}, expected {expected}")
    if wrong:
        raise ConformanceError(pod.observer.describe("; ".join(wrong), pod.expected(), []))
