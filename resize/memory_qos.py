"""Memory protection and throttling on cgroup v2: memory.min, memory.low and memory.high (KEP-2570, gate MemoryQoS)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.cgroup_formula import memory_limit_pages
from resize.observer import ConformanceError
from resize.oom import eventually

if TYPE_CHECKING:
    from resize.cgroup_paths import Level
    from resize.kubectl import Kubectl
    from resize.pod import ResizablePod
    from resize.resources import Resources
    from resize.usage import Measures

#: The files are written before the status tells of the resize; where it tells nothing, a sync later.
WRITTEN_AFTER_S = 3.0
#: What the node says of a cgroup that is not throttled.
NO_LIMIT = "max"
#: A burst takes seconds at most, and each charge above memory.high up to 2 s more (mem_cgroup_handle_over_high).
BURST_DEADLINE_S = 300.0


def memory_high_bytes(resources: Resources, factor: float | None) -> int | None:
    """What memory.high of a container should be: this part of the way from its request to its limit, in whole pages.

    Source: ``generateLinuxContainerResources`` in ``pkg/kubelet/kuberuntime/kuberuntime_container_linux.go`` v1.37.2,
    the same in v1.27.4.

    Args:
        resources: The container's; it has a memory limit.
        factor: The kubelet's memoryThrottlingFactor; None for none.

    Returns:
        None where nothing is throttled: without a factor, or where the request is the limit.
    """
    request, limit = resources.memory_request_bytes or 0, resources.memory_limit_bytes or 0
    if factor is None or request == limit:
        return None
    return memory_limit_pages(int(request + (limit - request) * factor))


def protection_files(pod: ResizablePod, resources: Resources) -> dict[str, str]:
    """What memory.min and memory.low should say of a container of these resources, and of a pod of that container."""
    request = str(resources.memory_request_bytes or 0)
    by_min = pod.behaviour.memory_qos.protects == "all-by-min" or pod.view.qos_class == "Guaranteed"
    return {"memory.min": request if by_min else "0", "memory.low": "0" if by_min else request}


def assert_container_memory_qos(pod: ResizablePod, *, factor: float | None) -> None:
    """Check memory.min, memory.low and memory.high of the pod's only container.

    Args:
        pod: The pod.
        factor: The memoryThrottlingFactor by which memory.high should be; None for none.

    Raises:
        ConformanceError: One of the files says something else.
    """
    __tracebackhide__ = True
    resources = pod.wanted[pod.only_container.name]
    right = {**protection_files(pod, resources), "memory.high": _high_text(resources, factor)}
    _assert_files(pod, "container", right)


def assert_high_after_rollback(pod: ResizablePod, before: Resources, *, factor: float) -> None:
    """Check memory.high of the pod's only container after its first resize without the gate.

    Args:
        pod: The pod.
        before: The container's resources when the gate was on.
        factor: The memoryThrottlingFactor of that time.

    Raises:
        ConformanceError: It is there although the version takes it away, or the other way round.
    """
    __tracebackhide__ = True
    cleared = pod.behaviour.memory_qos.high_cleared
    _assert_files(pod, "container", {"memory.high": NO_LIMIT if cleared else _high_text(before, factor)})


def assert_pod_protected(pod: ResizablePod) -> None:
    """Check memory.min and memory.low of the pod's cgroup: what protects its only container as a whole.

    A container is protected no further than its pod (kernel, ``Documentation/admin-guide/cgroup-v2.rst``).

    Raises:
        ConformanceError: One of the files says something else.
    """
    __tracebackhide__ = True
    _assert_files(pod, "pod", protection_files(pod, pod.wanted[pod.only_container.name]))


def assert_pod_level_high(pod: ResizablePod, *, factor: float) -> None:
    """Check memory.high of the cgroup of a pod with memory of its own.

    Source: ``ApplyPodLevelMemoryHigh`` in ``pkg/kubelet/cm/helpers_linux.go`` v1.37.2.

    Args:
        pod: The pod.
        factor: The kubelet's memoryThrottlingFactor.

    Raises:
        ConformanceError: It says something else than the version sets it to.
    """
    __tracebackhide__ = True
    own, sets = pod.wanted_pod_level, pod.behaviour.memory_qos.pod_level_high
    _assert_files(pod, "pod", {"memory.high": _high_text(own, factor) if sets and own is not None else NO_LIMIT})


def assert_throttled(
    pod: ResizablePod, kubectl: Kubectl, measures: Measures, *, burst_mi: int, when: str, throttled: bool
) -> None:
    """Have the pod's container take memory for a moment, and check whether the kernel held it back meanwhile.

    Args:
        pod: The pod.
        kubectl: Runs the program.
        measures: Where the report's figures go.
        burst_mi: How much it takes, in Mi; less than the container's limit.
        when: For the report, such as "before the resize".
        throttled: Whether that is more than memory.high.

    Raises:
        ConformanceError: The program did not get its memory, or the kernel held it back where it should not have, or
            the other way round.
    """
    __tracebackhide__ = True
    before = _times_above_high(pod)
    command = ["dd", "if=/dev/zero", "of=/dev/null", f"bs={burst_mi * 2**20}", "count=1"]
    done = kubectl.exec(pod.name, command, timeout_s=BURST_DEADLINE_S)
    if done.returncode != 0:
        raise ConformanceError(pod.observer.describe(f"{burst_mi}Mi {when}: {done.stderr.strip()}", None, []))
    times = _times_above_high(pod) - before
    measures.measure(f"times above memory.high, {when}", times, "", expected="1 or more" if throttled else "0")
    if (times > 0) is not throttled:
        told = f"{when} a burst of {burst_mi}Mi went above memory.high {times} times; expected "
        raise ConformanceError(pod.observer.describe(told + ("1 or more" if throttled else "none"), None, []))


def _high_text(resources: Resources, factor: float | None) -> str:
    found = memory_high_bytes(resources, factor)
    return NO_LIMIT if found is None else str(found)


def _assert_files(pod: ResizablePod, level: Level, right: dict[str, str]) -> None:
    __tracebackhide__ = True

    def wrong() -> list[str]:
        found = {name: pod.cgroup.text(level, name) for name in right}
        return [
            f"{name} of the {level} is {text}, expected {right[name]}"
            for name, text in found.items()
            if text != right[name]
        ]

    if not eventually(lambda: not wrong(), deadline_s=WRITTEN_AFTER_S):
        raise ConformanceError(pod.observer.describe("; ".join(wrong()), None, []))


def _times_above_high(pod: ResizablePod) -> int:
    """How often the container was held back as it used more than memory.high (cgroup-v2.rst, memory.events)."""
    events = dict(line.split() for line in pod.cgroup.text("container", "memory.events").splitlines())
    return int(events["high"])
