"""Workloads at the edge of their memory: held, killed, rescued."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tenacity

from clusters.api import ApiError
from clusters.contract import NoNodeAccessError
from resize.chain import Chain, Mismatch
from resize.manifests import CONTAINER, STRESS_BYTES_IN_USE
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from resize.pod import ResizablePod

#: A throttled workload needs a few seconds for its memory, and the kubelet's own figures up to fifteen more.
FILL_DEADLINE_S = 60.0
#: A pod that was OOM-killed waits 10 s, then 20 s, before the kubelet starts it again (CrashLoopBackOff).
BACK_OFF_DEADLINE_S = 90.0
#: The first restart after a resize may have begun with the old limits; the second has the new ones.
RESTARTS_TO_FAIL = 2


def until_memory_used(pod: ResizablePod, *, above_bytes: int) -> None:
    """Wait until the workload holds its memory, by the kernel's count and by the kubelet's.

    The kubelet compares a new limit with its own statistics, which are up to fifteen seconds old: before they show the
    memory, it applies a limit that the workload does not survive (seen on 1.37.2; kubernetes#135670).

    Raises:
        ConformanceError: It does not within a minute.
    """
    __tracebackhide__ = True
    _until_above(pod, "the cgroup", lambda: _pod_bytes(pod), above_bytes)
    _until_above(pod, "the kubelet", lambda: _kubelet_counts(pod)[0], above_bytes)


def until_memory_free(pod: ResizablePod, *, below_bytes: int) -> None:
    """Wait until the workload is known to do with less: the reverse of :func:`until_memory_used`, at both levels.

    A figure from a peak that is over makes the kubelet refuse a new limit, and try again a quarter of a minute later.

    Raises:
        ConformanceError: It is not within a minute.
    """
    __tracebackhide__ = True
    counts: list[int] = []

    def free() -> bool:
        counts[:] = [_pod_bytes(pod), *_kubelet_counts(pod)]
        return max(counts) < below_bytes

    if not eventually(free, deadline_s=FILL_DEADLINE_S):
        told = f"by the cgroup's and the kubelet's counts pod {pod.name} uses {counts} bytes"
        raise ConformanceError(f"{told}, expected less than {below_bytes}")


def _until_above(pod: ResizablePod, who: str, count: Callable[[], int], above_bytes: int) -> None:
    __tracebackhide__ = True
    used = tenacity.Retrying(
        stop=tenacity.stop_after_delay(FILL_DEADLINE_S),
        wait=tenacity.wait_fixed(0.2),
        retry=tenacity.retry_if_result(lambda usage: usage <= above_bytes),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else 0,
    )(count)
    if used <= above_bytes:
        raise ConformanceError(f"by {who}'s count pod {pod.name} uses {used} bytes, expected more than {above_bytes}")


def _pod_bytes(pod: ResizablePod) -> int:
    """What the kernel counts for the whole pod."""
    return pod.observer.reader(pod.view.containers[0].name).memory_usage_bytes("pod") or 0


def _kubelet_counts(pod: ResizablePod) -> list[int]:
    """The memory usage of the pod and of its containers in the kubelet's /stats/summary, 0 while it has none.

    Raises:
        NoNodeAccessError: This user may not see it.
    """
    view = pod.view
    path = f"/api/v1/nodes/{view.node_name}/proxy/stats/summary"
    try:
        summary = pod.api.get(path, only_cpu_and_memory="true")
    except ApiError as error:
        if error.status != 403:
            raise
        raise NoNodeAccessError(f"no node access: the kubelet's statistics can't be read: {error}") from error
    for entry in summary["pods"]:
        if entry["podRef"]["uid"] == view.uid:
            return [
                int((figures.get("memory") or {}).get("usageBytes") or 0)
                for figures in (entry, *entry.get("containers", ()))
            ]
    return [0]


def until_oom_killed(pod: ResizablePod, container: str = CONTAINER) -> Chain:
    """Wait until a container was OOM-killed, was restarted, was killed again and waits for its next start.

    Raises:
        ConformanceError: That did not happen.
    """
    __tracebackhide__ = True

    def goal(chain: Chain) -> list[Mismatch]:
        found = chain.pod.container(container)
        if found.restart_count >= 1 and found.state != "running" and found.reason in _KILLED:
            return []
        told = f"{found.restart_count} restarts, {found.state} {found.reason}"
        return [Mismatch(f"container {container}", told, "OOM-killed, restarted, and killed again")]

    chain = pod.observer.wait(goal, what=f"pod {pod.name} OOM-killed", deadline_s=BACK_OFF_DEADLINE_S)
    pod.remember()
    return chain


_KILLED = {"OOMKilled", "CrashLoopBackOff"}


def assert_rescued(pod: ResizablePod, container: str = CONTAINER) -> None:
    """Wait until a resized container that waited to be restarted runs and holds all its memory; check the whole chain.

    Raises:
        ConformanceError: It was killed again with its new memory; the message tells what its pod's cgroup allows.
    """
    __tracebackhide__ = True
    pod.actual = dict(pod.wanted)
    before = pod.view.container(container).restart_count

    def runs(chain: Chain) -> list[Mismatch]:
        found = chain.pod.container(container)
        restarts = found.restart_count - before
        if found.state == "running" and restarts > 0:
            return []
        told = f"{restarts} restarts, {found.state} {found.reason}"
        return [Mismatch(f"container {container} since the resize", told, "running")]

    def killed_again(chain: Chain) -> str | None:
        found = chain.pod.container(container)
        again = found.restart_count >= before + RESTARTS_TO_FAIL and found.reason in _KILLED
        if not again or found.state == "running":
            return None
        wrong = [m.actual for m in pod.expected().cgroup_mismatches(chain) if m.layer == "pod cgroup"]
        return "\n  ".join(["it was OOM-killed again with its new memory", *wrong])

    what = f"pod {pod.name} running with its new memory"

    def holds_its_memory() -> bool:
        pod.observer.wait(runs, what=what, deadline_s=BACK_OFF_DEADLINE_S, stop=killed_again)
        return _container_bytes(pod, container) > STRESS_BYTES_IN_USE

    if not eventually(holds_its_memory, deadline_s=BACK_OFF_DEADLINE_S):
        told = f"{what}: it took no more than {STRESS_BYTES_IN_USE} bytes within {BACK_OFF_DEADLINE_S:.0f} s"
        raise ConformanceError(pod.observer.describe(told, pod.expected(), []))
    pod.remember()
    pod.settle()


def _container_bytes(pod: ResizablePod, container: str) -> int:
    """What the kernel counts for a container, 0 while it does not run."""
    try:
        return pod.observer.reader(container).memory_usage_bytes("container") or 0
    except ConformanceError:
        return 0


def eventually(true: Callable[[], bool], *, deadline_s: float) -> bool:
    """Ask every 200 ms until it is true; False if it never was."""
    return bool(
        tenacity.Retrying(
            stop=tenacity.stop_after_delay(deadline_s),
            wait=tenacity.wait_fixed(0.2),
            retry=tenacity.retry_if_result(lambda result: not result),
            retry_error_callback=lambda _: False,
        )(true)
    )
