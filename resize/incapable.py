"""What comes of a resize on a node whose kubelet can't resize."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from resize.answers import assert_refused

if TYPE_CHECKING:
    from resize.chain import Chain, Mismatch
    from resize.pod import ResizablePod
    from resize.resources import Resources

#: The kubelet ends the old container and starts a new one, without a grace period of note.
RESTART_DEADLINE_S = 60.0
#: A kubelet that will do something does so in the sync that the change of the pod brings about.
IGNORED_FOR_S = 5.0
_POD_CGROUP = "pod cgroup"


def assert_not_in_place(pod: ResizablePod, wanted: Resources) -> None:
    """Ask for a resize, and check that it is refused, ignored, or done by a restart without the pod's cgroup.

    Args:
        pod: A pod of one container.
        wanted: Limits no higher than the present ones, as the pod's cgroup does not make room for more.

    Raises:
        ConformanceError: The answer is another.
    """
    __tracebackhide__ = True
    right, name = pod.behaviour.incapable_node, pod.only_container.name
    before = pod.expected(settled=False)
    submitted = pod.submit({name: wanted.to_json()})
    if right.answer == "refused":
        assert_refused(pod, submitted, message=right.message, http_code=right.http_code)
        return
    if right.answer == "ignored":
        asked = pod.expected(settled=False)
        pod.observer.wait(
            asked.mismatches,
            what=f"resize of pod {pod.name} asked for, and nothing else",
            deadline_s=RESTART_DEADLINE_S,
            stable_s=IGNORED_FOR_S,
            expected=asked,
        )
        return
    pod.actual, pod.restarts_on_change = dict(pod.wanted), True
    after = pod.expected(restarts={name: 1})

    def goal(chain: Chain) -> list[Mismatch]:
        found = [mismatch for mismatch in after.mismatches(chain) if mismatch.layer != _POD_CGROUP]
        return found + [mismatch for mismatch in before.cgroup_mismatches(chain) if mismatch.layer == _POD_CGROUP]

    pod.observer.wait(
        goal,
        what=f"container {name} restarted with its new limits, the pod's cgroup being as before",
        deadline_s=RESTART_DEADLINE_S,
        stable_s=1.0,
        expected=replace(after, settled=False),
    )
