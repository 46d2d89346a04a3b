"""Memory that comes and goes, and a limit that is set while it is gone: no more than best effort is promised there.

The kubelet looks at the usage, up to fifteen seconds old, and then writes the limit (kubernetes#135670). Where the
workload has given its memory back by then, the limit goes below its next peak, and the OOM killer ends it there.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from resize.chain import Chain, Mismatch
from resize.manifests import STRESS_BYTES_IN_USE
from resize.observer import ConformanceError
from resize.oom import eventually

if TYPE_CHECKING:
    from resize.pod import ResizablePod
    from resize.usage import Measures

#: A workload of :data:`resize.manifests.TURNS_SCRIPT` has a peak every 11 s.
PEAK_DEADLINE_S = 45.0
#: A resize that was held back is tried again on the pod's next sync, at most a minute and a half later: two of them.
LOWERED_DEADLINE_S = 180.0


def until_peak(pod: ResizablePod) -> None:
    """Wait until the workload has all its memory, by the kernel's count.

    Raises:
        ConformanceError: It does not take it.
    """
    __tracebackhide__ = True
    if not eventually(lambda: _used_bytes(pod) > STRESS_BYTES_IN_USE, deadline_s=PEAK_DEADLINE_S):
        raise ConformanceError(pod.observer.describe(f"The workload took no {STRESS_BYTES_IN_USE} bytes.", None, []))


def assert_next_peak_kills(pod: ResizablePod, measures: Measures) -> None:
    """Check what a limit below the peaks leads to, after it was asked for.

    Either the node never sets it, says so, and lets the workload be. Or it sets it between two peaks; then the OOM
    killer ends the container at the next one, the kubelet restarts it, and the status says OOMKilled.

    Raises:
        ConformanceError: The container was ended although its limit was not lowered, or it had a peak above its limit,
            or the status does not tell how it ended.
    """
    __tracebackhide__ = True
    (before,), begun = (pod.expected().restart_counts or {}).values(), time.monotonic()
    lowered = _until_lowered_or_ended(pod, before)
    if lowered is None:
        _assert_held_back(pod, before)
        return
    lowered_s = time.monotonic() - begun

    def killed(chain: Chain) -> list[Mismatch]:
        (container,) = chain.pod.containers
        if container.restart_count > before and container.ended == "OOMKilled":
            return []
        told = (
            f"{container.restart_count - before} restarts, {container.state}, ended by {container.ended or 'nothing'}"
        )
        return [Mismatch("container below its peak", told, "restarted after it ended by OOMKilled")]

    pod.observer.wait(killed, what=f"pod {pod.name} OOM-killed at its next peak", deadline_s=PEAK_DEADLINE_S)
    killed_s = time.monotonic() - begun
    # Where the kill came with the write itself, it may have been seen first.
    pod.observer.wait(
        lambda chain: _not_lowered(pod, chain),
        what=f"the limit of pod {pod.name} lowered, as it was OOM-killed",
        deadline_s=PEAK_DEADLINE_S,
    )
    measures.measure("limit below the peaks set after", lowered_s, "s")
    measures.measure("OOM-killed after", killed_s, "s")


def _until_lowered_or_ended(pod: ResizablePod, restarts: int) -> Chain | None:
    """The first reading with a lower limit or an ended container; None if there was none for two syncs."""
    __tracebackhide__ = True
    end = time.monotonic() + LOWERED_DEADLINE_S

    def goal(chain: Chain) -> list[Mismatch]:
        over = time.monotonic() >= end
        return [] if over or _ended(chain, restarts) else _not_lowered(pod, chain)

    chain = pod.observer.wait(goal, what=f"a lower limit of pod {pod.name}", deadline_s=LOWERED_DEADLINE_S + 1.0)
    return chain if _ended(chain, restarts) or not _not_lowered(pod, chain) else None


def _not_lowered(pod: ResizablePod, chain: Chain) -> list[Mismatch]:
    """What is wrong as long as neither cgroup has the new limit; either alone ends the workload."""
    (wanted,) = pod.wanted.values()
    (container,) = chain.container_cgroups.values()
    limits = [r.memory_limit_bytes for r in (container, chain.pod_cgroup) if r is not None]
    if any(limit is not None and limit <= (wanted.memory_limit_bytes or 0) for limit in limits):
        return []
    return [Mismatch("memory limits", f"{limits} bytes", f"one of at most {wanted.memory_limit_bytes} bytes")]


def _ended(chain: Chain, restarts: int) -> bool:
    (container,) = chain.pod.containers
    return container.restart_count > restarts or container.state == "terminated"


def _assert_held_back(pod: ResizablePod, restarts: int) -> None:
    """Check that the pod still speaks of its resize, and goes on undisturbed."""
    __tracebackhide__ = True
    chain = pod.observer.chain()
    found = pod.expected(settled=False).cgroup_mismatches(chain)
    if chain.pod.resize.settled:
        found.append(Mismatch("resize state", "none", "one that tells that the limit is not set"))
    if _ended(chain, restarts):
        found.append(Mismatch("container", "ended", "running, as its limit was not lowered"))
    if found:
        raise ConformanceError(
            pod.observer.describe("The limit was not lowered, but not all is as before.", pod.expected(), found)
        )


def _used_bytes(pod: ResizablePod) -> int:
    return pod.cgroup.memory_usage_bytes("pod") or 0
