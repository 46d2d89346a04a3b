"""A pod whose init container is still at work: the others have not begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.chain import Chain, Mismatch
from resize.pod import START_DEADLINE_S

if TYPE_CHECKING:
    from resize.pod import ResizablePod


def until_init_runs(pod: ResizablePod, name: str) -> Chain:
    """Wait until the pod's init container runs as created, down to its cgroup where that can be read.

    Raises:
        ConformanceError: It does not start.
    """
    __tracebackhide__ = True

    def goal(chain: Chain) -> list[Mismatch]:
        state = chain.pod.container(name).state
        if state != "running":
            return [Mismatch(f"state of {name}", state or "none", "running")]
        # Until one container was seen on the node, its layout is not known.
        return [] if chain.pod_cgroup or not chain.node_access else [Mismatch("pod cgroup", "not read yet", "there")]

    pod.observer.wait(goal, what=f"init container {name} of pod {pod.name} running", deadline_s=START_DEADLINE_S)
    pod.remember()
    expected = pod.expected()
    return pod.observer.wait(
        expected.mismatches,
        what=f"init container {name} of pod {pod.name} as created",
        deadline_s=START_DEADLINE_S,
        expected=expected,
    )
