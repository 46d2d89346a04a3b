"""What one OOM kill in a container ends, and what the kernel counts of it in memory.events of cgroup v2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resize.chain import Chain, Mismatch
from resize.observer import ConformanceError
from resize.oom import BACK_OFF_DEADLINE_S

if TYPE_CHECKING:
    from resize.pod import ResizablePod

#: The kubelet learns of an ended container within a second (``relistPeriod`` in ``pkg/kubelet/kubelet.go``).
NOTICED_AFTER_S = 3.0


@dataclass(frozen=True, slots=True)
class OomKills:
    """What was counted: processes in the container and in the whole pod, and cgroups of the pod ended as a whole."""

    container: int
    pod: int
    pod_groups: int


def counted_oom_kills(pod: ResizablePod) -> OomKills:
    """The present counters of the pod's only container and of the pod.

    Raises:
        ConformanceError: The container does not run.
    """
    __tracebackhide__ = True
    container, whole = pod.cgroup.oom_kills("container"), pod.cgroup.oom_kills("pod")
    groups = pod.cgroup.oom_group_kills("pod")
    if container is None or whole is None or groups is None:
        raise ConformanceError(f"the cgroup of pod {pod.name} is gone")
    return OomKills(container, whole, groups)


def restarts_by_first_kill(pod: ResizablePod) -> int:
    """Wait until the pod's only container runs after its first OOM kill, and return how often it was restarted: 1 or 0.

    On cgroup v2 the kubelet sets memory.oom.group, so that the kill of any process ends the whole container, which is
    restarted in a new cgroup. On v1, which has no such thing, and before 1.28 the other processes go on.

    Raises:
        ConformanceError: It does not run, or was not restarted as it should, or its status tells another story.
    """
    __tracebackhide__ = True
    whole = pod.observer.layout[0] == "v2" and pod.behaviour.cgroups.oom_kills_group
    right = (1, "running", "OOMKilled", True) if whole else (0, "running", "", True)

    def goal(chain: Chain) -> list[Mismatch]:
        (container,) = chain.pod.containers
        has_cgroup = chain.container_cgroups[container.name] is not None
        told = (container.restart_count, container.state, container.ended, has_cgroup)
        return [] if told == right else [Mismatch("restarts, state, ended by, has a cgroup", str(told), str(right))]

    pod.observer.wait(
        goal, what=f"pod {pod.name} running after an OOM kill", deadline_s=BACK_OFF_DEADLINE_S, stable_s=NOTICED_AFTER_S
    )
    pod.remember()
    return pod.only_container.restart_count


def counted_after_first_kill(pod: ResizablePod) -> OomKills:
    """Wait as :func:`restarts_by_first_kill` does, check the counters, and return them.

    Raises:
        ConformanceError: It does not run, or its status or the counters tell another story.
    """
    __tracebackhide__ = True
    whole = restarts_by_first_kill(pod) > 0
    found = counted_oom_kills(pod)
    expected = (0, 1) if whole else (found.pod, 0)
    if found.pod < 1 or (found.container, found.pod_groups) != expected:
        told = f"memory.events counts {found}; expected 1 process or more in the pod"
        told += ", 1 group, and none in the container's new cgroup" if whole else ", as many in the container, no group"
        raise ConformanceError(pod.observer.describe(told, None, []))
    return found
