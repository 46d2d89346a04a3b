"""What must be true of every pod of every case, whatever the case is about: looked at once the case has passed.

* No cgroup has ever shown a value that the pod's spec had not asked for at some time.
* The kubelet restarts no container because of its resources, unless its resize policy says so, or it can't resize.
* No event tells of a resize of a pod that was never resized.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from resize.cgroup_expected import Accepted, ExpectedCgroup
    from resize.chain import ExpectedChain
    from resize.pod import ResizablePod
    from resize.podview import PodView

#: Why a kubelet ends a container by itself (kuberuntime_manager.go, computePodResizeAction and computePodActions).
_FOR_RESIZE: Final = re.compile(r"Container (\S+) resize requires restart")
_CHANGED: Final = re.compile(r"Container (\S+) definition changed")


def broken_invariants(pod: ResizablePod) -> list[str]:
    """One line for each way in which the pod's history is not as every pod's must be."""
    return [*_foreign_values(pod), *_restarts_without_reason(pod), *_events_without_resize(pod)]


def _foreign_values(pod: ResizablePod) -> list[str]:
    history = pod.observer.history
    if not any(history.readings.values()):
        return []
    now = pod.expected()
    if now.cgroup_version is None or now.cgroup_driver is None:
        return []
    chains = [
        (view, replace(now, actual={c.name: c.spec for c in view.all_containers}, pod_actual=view.pod_level.spec))
        for view in history.views
    ]
    found = []
    for name, readings in history.readings.items():
        right = _any_of(_expected(chain, view, name) for view, chain in chains)
        found += [text for reading in readings for text in right.mismatches(reading)]
    return [f"pod {pod.name} never asked for this: {text}" for text in found]


def _expected(chain: ExpectedChain, view: PodView, name: str | None) -> ExpectedCgroup:
    return chain.pod_cgroup(view) if name is None else chain.container_cgroup(name)


def _any_of(expected: Iterable[ExpectedCgroup]) -> ExpectedCgroup:
    """Accepts each value of each: a resize is written value by value, so a reading may have some of the old ones."""
    every = list(expected)

    def union(values: Callable[[ExpectedCgroup], tuple[Accepted, ...]]) -> tuple[Accepted, ...]:
        return tuple(dict.fromkeys(right for one in every for right in values(one)))

    return replace(
        every[0],
        cpu_quota_us=union(lambda one: one.cpu_quota_us),
        cpu_period_us=union(lambda one: one.cpu_period_us),
        cpu_priority=union(lambda one: one.cpu_priority),
        memory_limit_bytes=union(lambda one: one.memory_limit_bytes),
    )


def _restarts_without_reason(pod: ResizablePod) -> list[str]:
    history = pod.observer.history
    by_policy = {container.name for view in history.views for container in view.all_containers if container.restarts_on}
    may_change = pod.restarts_on_change or len(history.images) > len({name for name, _ in history.images})
    found = []
    for event in _own_events(pod):
        resized, changed = _FOR_RESIZE.search(event["message"]), _CHANGED.search(event["message"])
        if (resized and resized[1] not in by_policy) or (changed and not may_change):
            found.append(f"pod {pod.name}: {event['reason']}: {event['message']}, and no resize policy asks for it")
    return found


def _events_without_resize(pod: ResizablePod) -> list[str]:
    if pod.timelines or len(pod.observer.history.views) > 1:
        return []
    return [
        f"pod {pod.name} was never resized, and an event says {event['reason']}: {event['message']}"
        for event in _own_events(pod)
        if event["reason"].startswith("Resize")
    ]


def _own_events(pod: ResizablePod) -> list[dict[str, Any]]:
    """The events of this very pod: a StatefulSet's next one has the same name, and the watch goes by names."""
    if not pod.observer.events:
        return []
    uid = pod.view.uid
    return [e for e in pod.observer.events if (e.get("involvedObject") or {}).get("uid", uid) == uid]
