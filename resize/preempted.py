"""Pods that the kubelet evicts to make room for a critical one (``pkg/kubelet/preemption``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.answers import until_event
from resize.chain import Chain, Mismatch

if TYPE_CHECKING:
    from resize.pod import ResizablePod

DEADLINE_S = 60.0


def assert_preempted(victim: ResizablePod) -> None:
    """Wait until a pod was evicted by its kubelet for a critical one, and says so.

    Raises:
        ConformanceError: It was not, or does not tell why it ended.
    """
    __tracebackhide__ = True

    def goal(chain: Chain) -> list[Mismatch]:
        status = (victim.observer.pod_object or {}).get("status") or {}
        reasons = {c["type"]: c.get("reason") for c in status.get("conditions") or [] if c["status"] == "True"}
        # KEP-1287 has Failed; one whose containers end with 0 at SIGTERM was seen as Succeeded on 1.37.2.
        ended, told = chain.pod.phase in {"Failed", "Succeeded"}, reasons.get("DisruptionTarget")
        if ended and told == "TerminationByKubelet":
            return []
        return [Mismatch("phase, reason of DisruptionTarget", f"{chain.pod.phase}, {told}", "ended by the kubelet")]

    victim.observer.wait(goal, what=f"pod {victim.name} preempted", deadline_s=DEADLINE_S)
    until_event(victim, "Preempting")
