"""A resize seen through to its end, as the pod's version and its containers' resizePolicy want it; and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.answers import assert_refused, assert_shrink_held_back
from resize.podlevel import passed_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resize.pod import ResizablePod
    from resize.resources import Resources


def there_and_back(
    pod: ResizablePod,
    wanted: Mapping[str, Resources],
    *,
    pod_level: Resources | None = None,
    deadline_s: float | None = None,
) -> None:
    """Resize a pod, and then take everything back, so that each increase is followed by a decrease.

    Args:
        pod: The pod.
        wanted: Container name to its new resources.
        pod_level: The pod's own new resources, if it has any; None leaves them alone.
        deadline_s: By when each step is done; the version's own deadline by default.

    Raises:
        ConformanceError: See :func:`resize_and_settle`.
    """
    __tracebackhide__ = True
    before = {name: pod.wanted[name] for name in wanted}
    pod_level_before = None if pod_level is None else pod.wanted_pod_level
    if resize_and_settle(pod, wanted, pod_level=pod_level, deadline_s=deadline_s):
        resize_and_settle(pod, before, pod_level=pod_level_before, deadline_s=deadline_s)


def resize_and_settle(
    pod: ResizablePod,
    wanted: Mapping[str, Resources],
    *,
    pod_level: Resources | None = None,
    deadline_s: float | None = None,
) -> bool:
    """Resize a pod and check what the version does: every layer agrees, after the restarts of the policy.

    Where the version does not take a memory limit back without a restart, check that it refuses, in its words.

    Args:
        pod: The pod.
        wanted: Container name to its new resources.
        pod_level: The pod's own new resources; None leaves them alone.
        deadline_s: By when it is done; the version's own deadline by default.

    Returns:
        Whether the resize was granted.

    Raises:
        ConformanceError: The version does something else, or a container was restarted too often or not at all.
    """
    __tracebackhide__ = True
    if refused_for_memory(pod, wanted):
        return False
    restarts = restarts_of_policy(pod, wanted, pod_level=pod_level)
    pod.resize(wanted, pod_level=pod_level)
    pod.settle(restarts=restarts, deadline_s=deadline_s)
    return True


def add_and_settle(pod: ResizablePod, wanted: Mapping[str, Resources]) -> None:
    """Give containers requests or limits for resources that they had none for, and check what the version does.

    Raises:
        ConformanceError: See :func:`resize_and_settle`.
    """
    __tracebackhide__ = True
    right = pod.behaviour.immutable
    if right.new_resource is None:
        resize_and_settle(pod, wanted)
        return
    submitted = pod.submit({name: resources.to_json() for name, resources in wanted.items()})
    assert_refused(pod, submitted, message=right.new_resource, http_code=right.http_code)


def shrink_below_usage(pod: ResizablePod, wanted: Mapping[str, Resources]) -> None:
    """Lower memory limits below what is in use, and check that it is held back, or refused, as the version does it.

    Raises:
        ConformanceError: It was applied, or not told of, or told of in other words.
    """
    __tracebackhide__ = True
    if refused_for_memory(pod, wanted):
        return
    pod.resize(wanted)
    assert_shrink_held_back(pod)


def refused_for_memory(pod: ResizablePod, wanted: Mapping[str, Resources]) -> bool:
    """Where the version refuses to take memory back: ask for it, and check that it does.

    A limit that the node never granted counts too: on 1.33.13 there is no way back from one that is Infeasible.

    Returns:
        Whether it was refused, as it should be; if not, nothing was asked for.

    Raises:
        ConformanceError: The API took it, or refused otherwise.
    """
    __tracebackhide__ = True
    right = pod.behaviour.memory_shrink
    if right.limit_decrease != "forbidden" or not takes_memory_back(pod, wanted):
        return False
    submitted = pod.submit({name: resources.to_json() for name, resources in wanted.items()})
    granted = pod.actual == pod.wanted
    assert_refused(pod, submitted, message=right.message, http_code=right.http_code, settled=granted)
    return True


def takes_memory_back(pod: ResizablePod, wanted: Mapping[str, Resources]) -> bool:
    """Whether a running container gets a lower memory limit, or its first one (``ValidatePodResize`` of 1.33)."""
    limits = (
        (pod.wanted[name].memory_limit_bytes, resources.memory_limit_bytes)
        for name, resources in wanted.items()
        if "memory" not in pod.view.container(name).restarts_on
    )
    return any(new is not None and (old is None or new < old) for old, new in limits)


def restarts_of_policy(
    pod: ResizablePod, wanted: Mapping[str, Resources], *, pod_level: Resources | None = None
) -> dict[str, int]:
    """How often each container must be restarted: once if a resource with policy RestartContainer changes, else never.

    A memory request that changes alone restarts a container only from 1.33 on (kubernetes#130917). A limit of the pod's
    counts for the containers that have none of their own (KEP-5419; ``containerResourcesFromRequirements`` in
    ``pkg/kubelet/kuberuntime/kuberuntime_manager.go`` v1.37.2).
    """

    def restarts(name: str) -> int:
        old = passed_on(pod.wanted[name], pod.wanted_pod_level)
        new = passed_on(wanted.get(name, pod.wanted[name]), pod_level or pod.wanted_pod_level)
        memory = old.memory_limit_bytes != new.memory_limit_bytes or (
            old.memory_request_bytes != new.memory_request_bytes and pod.behaviour.actuation.memory_request_restarts
        )
        cpu = (old.cpu_request_milli, old.cpu_limit_milli) != (new.cpu_request_milli, new.cpu_limit_milli)
        changed = {name for name, differs in (("cpu", cpu), ("memory", memory)) if differs}
        return int(bool(changed & pod.view.container(name).restarts_on))

    return {name: restarts(name) for name in pod.wanted}
