"""What must stay as it is while a component of the cluster is away, and after it is back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from resize.answers import ANSWER_DEADLINE_S, HOLDS_FOR_S
from resize.chain import Mismatch
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from clusters.contract import Node
    from resize.chain import Chain, ExpectedChain
    from resize.pod import ResizablePod

#: The kubelet's --root-dir.
KUBELET_STATE = "/var/lib/kubelet"
#: How long the API server is away: longer than a kubelet's usual pauses, shorter than the 40 s after which a node is
#: taken for lost (kube-controller-manager's --node-monitor-grace-period).
OUTAGE_S = 20.0
#: After an outage a client asks again after 30 s at the latest, half as much added at random (client-go, reflector.go,
#: NewReflectorWithOptions), and only then knows of a resize. Seen on a busy 1.37.2: 53 s.
BACK_IN_TOUCH_S = 150.0


def resize_events(pod: ResizablePod) -> Counter[str]:
    """How often each event about a resize came, by its reason; one that came again is counted in its object."""
    newest = {event["metadata"]["name"]: event for event in pod.observer.events}
    counts: Counter[str] = Counter()
    for event in newest.values():
        if event["reason"].startswith("Resize"):
            counts[event["reason"]] += event.get("count") or 1
    return counts


def assert_nothing_again(pod: ResizablePod, *, since: Counter[str]) -> None:
    """Check that nothing changes any more on any layer, and that no event has told of a resize.

    Args:
        pod: The pod, whose resize is done.
        since: Its events before (:func:`resize_events`).

    Raises:
        ConformanceError: Something changed, or was told.
    """
    __tracebackhide__ = True
    pod.unchanged(for_s=HOLDS_FOR_S)
    further = resize_events(pod) - since
    if further:
        told = f"Events tell of another resize, which nobody asked for: {dict(further)}."
        raise ConformanceError(pod.observer.describe(told, pod.expected(), []))


def assert_checkpoints(pod: ResizablePod, node: Node) -> None:
    """Check that the kubelet's checkpoints hold the pod, in the version's files.

    Raises:
        ConformanceError: One is missing, or knows nothing of the pod.
    """
    __tracebackhide__ = True
    names = pod.behaviour.recovery.checkpoints
    texts = node.read_texts([f"{KUBELET_STATE}/{name}" for name in names])
    lacking = [name for name, text in zip(names, texts, strict=True) if pod.view.uid not in (text or "")]
    if lacking:
        raise ConformanceError(f"{KUBELET_STATE} has no checkpoint of pod {pod.name} in {', '.join(lacking)}")


def until_under_way(pod: ResizablePod) -> None:
    """Wait until one of the pod's containers has new values in its cgroup, whichever is the first.

    Raises:
        ConformanceError: None has, within the time of a kubelet's answer.
    """
    __tracebackhide__ = True
    before = pod.expected(settled=False)

    def goal(chain: Chain) -> list[Mismatch]:
        return [] if _changed(before, chain) else [Mismatch("container cgroups", "all as before", "a new one")]

    pod.observer.wait(goal, what=f"resize of pod {pod.name} under way", deadline_s=ANSWER_DEADLINE_S, expected=before)


def containers_reached(pod: ResizablePod) -> int:
    """How many containers of a pod whose resize is not done have new values in their cgroups."""
    return len(_changed(pod.expected(settled=False), pod.observer.chain()))


def _changed(before: ExpectedChain, chain: Chain) -> set[str]:
    """The layers of the containers whose cgroups are not as before."""
    return {found.layer for found in before.cgroup_mismatches(chain) if found.layer != "pod cgroup"}


def assert_nobody_carries_out(pod: ResizablePod) -> None:
    """Check that no container's cgroup follows a request, while one of those who would carry it out is away.

    Raises:
        ConformanceError: One does.
    """
    __tracebackhide__ = True
    expected = pod.expected(settled=False)

    def goal(chain: Chain) -> list[Mismatch]:
        # The pod's cgroup is the kubelet's own to write: it needs no runtime for that.
        return [found for found in expected.cgroup_mismatches(chain) if found.layer != "pod cgroup"]

    pod.observer.holds(goal, what=f"containers of pod {pod.name} as before", for_s=HOLDS_FOR_S, expected=expected)


def assert_applied_in_an_outage(pod: ResizablePod) -> None:
    """Check that a resize reaches the cgroups, and stays there, while the API server is away.

    Raises:
        ConformanceError: It does not.
    """
    __tracebackhide__ = True
    pod.applied()
    expected = pod.expected(settled=False)
    pod.observer.holds(
        expected.cgroup_mismatches, what=f"cgroups of pod {pod.name} kept", for_s=OUTAGE_S, expected=expected
    )
