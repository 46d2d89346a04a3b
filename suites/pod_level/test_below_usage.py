"""A pod's own memory limit below what its containers use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_shrink_held_back
from resize.changes import resize_and_settle
from resize.resources import Resources
from suites.pod_level.pods import RESIZABLE, start_one

if TYPE_CHECKING:
    from fixtures.pods import Pods

pytestmark = [*RESIZABLE]


@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.upstream("plr/single/memory-below-usage")
@pytest.mark.rule("memory_shrink.below_usage", "memory_shrink.message")
def test_limit_below_usage_is_not_applied(pods: Pods) -> None:
    """A pod's memory limit is lowered a little, not below the usage, and can be taken back from there.

    Preconditions:
        - A running Burstable pod with a memory request and limit of 48Mi, whose container has neither.
    Steps:
        1. Patch the pod's memory to 32Mi.
        2. Patch it to 10Ki, which is below what a shell uses.
        3. Patch it back to 48Mi.
    Expected:
        - After 1 the whole chain agrees.
        - After 2 the condition PodResizeInProgress has the reason Error and names the usage; the cgroups stay at 32Mi,
          and the container goes on undisturbed.
        - After 3 the whole chain agrees, without a restart.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start_one(pods, Resources(), _memory("48Mi"))

    resize_and_settle(pod, {}, pod_level=_memory("32Mi"))

    pod.resize({}, pod_level=_memory("10Ki"))
    assert_shrink_held_back(pod)

    resize_and_settle(pod, {}, pod_level=_memory("48Mi"))


def _memory(quantity: str) -> Resources:
    return Resources.of(memory_request=quantity, memory_limit=quantity)
