"""A memory limit below what is in use: held back by the node, or refused by the API, as the version has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.answers import assert_refused, assert_shrink_held_back

if TYPE_CHECKING:
    from resize.pod import ResizablePod
    from resize.resources import Resources


def shrink_below_usage(pod: ResizablePod, wanted: Resources) -> None:
    """Request a memory limit that is below the usage of the pod's only container, and check the answer."""
    __tracebackhide__ = True
    right = pod.behaviour.memory_shrink
    if right.below_usage == "forbidden-by-api":
        submitted = pod.submit({pod.only_container.name: wanted.to_json()})
        assert_refused(pod, submitted, message=right.message, http_code=right.http_code)
    else:
        pod.resize(wanted)
        assert_shrink_held_back(pod)
