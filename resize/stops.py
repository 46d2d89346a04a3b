"""What tells that a wait for a pod can't succeed any more, so that it ends before its deadline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from resize.cgroup import CgroupReading
    from resize.chain import Chain, ExpectedChain

#: The node has no image for a container, and can't get it.
NO_IMAGE = frozenset({"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})


def no_image(chain: Chain) -> str | None:
    """A container that will not start, as its image can't be had."""
    for container in chain.pod.all_containers:
        if container.state == "waiting" and container.reason in NO_IMAGE:
            return f"the image of container {container.name} can't be had ({container.reason}); see --stress-image"
    return None


def refused_or_restarted(expected: ExpectedChain) -> Callable[[Chain], str | None]:
    """The node's word that it can't grant what was asked for, or a restart too many."""
    limits = expected.restart_counts or {}

    def stop(chain: Chain) -> str | None:
        pending = chain.pod.resize.pending
        # The condition of the resize before stays until the node has looked at this one (seen on 1.35.4). On 1.33
        # conditions don't say which resize they are about, so that none of them ends the wait.
        # And the newest object may still be the one from before the request.
        asked = all(container.spec == expected.spec[container.name] for container in chain.pod.all_containers)
        if (
            asked
            and pending is not None
            and pending.reason == "Infeasible"
            and pending.observed_generation == chain.pod.generation
        ):
            return f"the node says {chain.pod.resize}"
        for container in chain.pod.all_containers:
            if container.restart_count > limits.get(container.name, container.restart_count):
                return f"container {container.name} was restarted {container.restart_count} times"
        return None

    return stop


def left_behind(
    expected: ExpectedChain,
    events: Callable[[], Sequence[Mapping[str, Any]]],
    pod_cgroup: Callable[[], CgroupReading | None],
) -> Callable[[Chain], str | None]:
    """The node's word that a resize is done, after an error of it, while the pod's own cgroup is as it was.

    The kubelet writes that cgroup as a part of a container's resize alone, and none is left (``computePodResizeAction``
    in kuberuntime_manager.go v1.37.2).

    Args:
        expected: What each layer should say.
        events: The pod's events so far.
        pod_cgroup: Reads the pod's cgroup now. The chain's reading may be older than the node's word: on a busy machine
            it was, after an error that the node had overcome.
    """

    def stop(chain: Chain) -> str | None:
        if not chain.pod.resize.settled or {found.layer for found in expected.mismatches(chain)} != {"pod cgroup"}:
            return None
        this = f'"generation":{chain.pod.generation}'
        told = [event["reason"] for event in events() if this in event["message"]]
        if "ResizeError" not in told or "ResizeCompleted" not in told[told.index("ResizeError") :]:
            return None
        now = pod_cgroup()
        if now is None or not expected.cgroup_mismatches(replace(chain, pod_cgroup=now)):
            return None
        return "the node told of an error, and then that the resize is done, but has left the pod's cgroup as it was"

    return stop


def first_of(*stops: Callable[[Chain], str | None]) -> Callable[[Chain], str | None]:
    """Whatever one of them says first."""
    return lambda chain: next((reason for stop in stops if (reason := stop(chain)) is not None), None)
