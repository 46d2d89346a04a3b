"""Resizes of pods that have ended, or are about to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from resize.chain import Chain, Mismatch
from resize.observer import ConformanceError
from resize.scheduling import until_gone

if TYPE_CHECKING:
    from resize.pod import ResizablePod
    from resize.resources import Resources
    from resize.sent import Submitted

COMPLETED_DEADLINE_S = 60.0
#: How long a pod that has ended is watched for signs of life.
QUIET_FOR_S = 3.0
#: A pod is gone within its grace; the kubelet and the API server need a few seconds more, on a loaded machine many.
GONE_DEADLINE_S = 60.0


def until_completed(pod: ResizablePod, phase: str) -> None:
    """Wait until a pod has ended: ``Succeeded`` or ``Failed``."""
    __tracebackhide__ = True

    def goal(chain: Chain) -> list[Mismatch]:
        return [] if chain.pod.phase == phase else [Mismatch("phase", chain.pod.phase, phase)]

    pod.observer.wait(goal, what=f"pod {pod.name} {phase}", deadline_s=COMPLETED_DEADLINE_S)


def assert_ended_quietly(pod: ResizablePod, submitted: Submitted, phase: str) -> None:
    """Check that a resize of a pod that has ended was taken, and that nothing came of it.

    Raises:
        ConformanceError: It was refused, or the pod stirs, or speaks of a resize.
    """
    __tracebackhide__ = True
    if submitted.error is not None:
        raise ConformanceError(pod.observer.describe(f"The resize was refused: {submitted.error}", None, []))

    def goal(chain: Chain) -> list[Mismatch]:
        found = [] if chain.pod.phase == phase else [Mismatch("phase", chain.pod.phase, phase)]
        (container,) = chain.pod.containers
        told = f"{container.state}, {container.restart_count} restarts"
        if told != "terminated, 0 restarts":
            found.append(Mismatch("container", told, "terminated, 0 restarts"))
        if pod.behaviour.lifecycle.completed == "silent" and not chain.pod.resize.settled:
            found.append(Mismatch("resize state", str(chain.pod.resize), "none"))
        return found

    pod.observer.holds(goal, what=f"pod {pod.name} at rest", for_s=QUIET_FOR_S)


def resize_while_terminating(pod: ResizablePod, wanted: Resources) -> None:
    """Delete a pod with its own grace, resize it meanwhile, and check that it is gone in time and was not restarted.

    Raises:
        ConformanceError: The resize was refused, or the pod stays.
    """
    __tracebackhide__ = True
    pod.api.delete(pod.path)

    def goal(chain: Chain) -> list[Mismatch]:
        return [] if chain.pod.deleted else [Mismatch("deletionTimestamp", "none", "set")]

    pod.observer.wait(goal, what=f"pod {pod.name} terminating", deadline_s=COMPLETED_DEADLINE_S)
    pod.resize(wanted)
    begun = time.monotonic()
    until_gone(pod, deadline_s=GONE_DEADLINE_S)
    pod.observer.note(f"gone {time.monotonic() - begun:.1f} s after the resize")
