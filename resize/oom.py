"""Workloads at the edge of their memory: held, killed, rescued."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tenacity

from resize.chain import Chain, Mismatch
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from resize.pod import ResizablePod

#: stress takes its memory at once; a throttled one needs a few seconds.
FILL_DEADLINE_S = 30.0
#: A pod that was OOM-killed waits 10 s, then 20 s, before the kubelet starts it again (CrashLoopBackOff).
BACK_OFF_DEADLINE_S = 90.0
#: A hungry workload takes its memory within the first second: one that runs for longer is rescued.
SURVIVES_S = 3.0
#: The first restart after a resize may have begun with the old limits; the second has the new ones.
RESTARTS_TO_FAIL = 2


def until_memory_used(pod: ResizablePod, *, above_bytes: int) -> None:
    """Wait until the workload holds its memory, by the kernel's count and by the kubelet's.

    The kubelet compares a new limit with its own statistics, which are up to fifteen seconds old: before they show the
    memory, it applies a limit that the workload does not survive (seen on 1.37.2; kubernetes#135670).

    Raises:
        ConformanceError: It does not within half a minute.
    """
    __tracebackhide__ = True
    _until_above(pod, "the cgroup", lambda: pod.cgroup.memory_usage_bytes("pod") or 0, above_bytes)
    _until_above(pod, "the kubelet", lambda: _kubelet_count(pod), above_bytes)


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


def _kubelet_count(pod: ResizablePod) -> int:
    """The pod's memory usage in the kubelet's /stats/summary, 0 while it has none."""
    view = pod.view
    path = f"/api/v1/nodes/{view.node_name}/proxy/stats/summary"
    for entry in pod.api.get(path, only_cpu_and_memory="true")["pods"]:
        if entry["podRef"]["uid"] == view.uid:
            return int((entry.get("memory") or {}).get("usageBytes") or 0)
    return 0


def until_oom_killed(pod: ResizablePod) -> Chain:
    """Wait until the pod's container was OOM-killed, was restarted, was killed again and waits for its next start.

    Raises:
        ConformanceError: That did not happen.
    """
    __tracebackhide__ = True

    def goal(chain: Chain) -> list[Mismatch]:
        (container,) = chain.pod.containers
        if container.restart_count >= 1 and container.state != "running" and container.reason in _KILLED:
            return []
        told = f"{container.restart_count} restarts, {container.state} {container.reason}"
        return [Mismatch("container", told, "OOM-killed, restarted, and killed again")]

    chain = pod.observer.wait(goal, what=f"pod {pod.name} OOM-killed", deadline_s=BACK_OFF_DEADLINE_S)
    pod.remember()
    return chain


_KILLED = {"OOMKilled", "CrashLoopBackOff"}


def assert_rescued(pod: ResizablePod) -> None:
    """Wait until a resized pod that waited to be restarted runs, and goes on running; check the whole chain.

    Raises:
        ConformanceError: It was killed again with its new memory; the message tells what its pod's cgroup allows.
    """
    __tracebackhide__ = True
    pod.actual = dict(pod.wanted)
    before = pod.only_container

    def goal(chain: Chain) -> list[Mismatch]:
        (container,) = chain.pod.containers
        runs = container.state == "running" and container.restart_count > before.restart_count
        told = f"{container.restart_count - before.restart_count} restarts, {container.state} {container.reason}"
        return [] if runs else [Mismatch("container since the resize", told, "running")]

    def killed_again(chain: Chain) -> str | None:
        (container,) = chain.pod.containers
        again = container.restart_count >= before.restart_count + RESTARTS_TO_FAIL and container.reason in _KILLED
        if not again or container.state == "running":
            return None
        wrong = [m.actual for m in pod.expected().cgroup_mismatches(chain) if m.layer == "pod cgroup"]
        return "\n  ".join(["it was OOM-killed again with its new memory", *wrong])

    pod.observer.wait(
        goal,
        what=f"pod {pod.name} running with its new memory",
        deadline_s=BACK_OFF_DEADLINE_S,
        stop=killed_again,
        stable_s=SURVIVES_S,
    )
    pod.remember()
    pod.settle()
