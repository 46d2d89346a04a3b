"""A memory limit that goes down in good order, then too far, and up again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import resize_and_settle, shrink_below_usage
from resize.manifests import CONTAINER, IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods

BEFORE = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="96Mi", memory_limit="96Mi")


@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.cpu_milli(100)
@pytest.mark.rule(
    "memory_shrink.limit_decrease", "memory_shrink.below_usage", "memory_shrink.message", "memory_shrink.http_code"
)
@pytest.mark.upstream("single/memory-below-usage")
def test_below_usage_and_back(pods: Pods) -> None:
    """A memory limit is lowered a bit, then below the usage, which is held back, and then taken back to where it began.

    Preconditions:
        - A running Burstable pod with 50m of 100m and 96Mi of 96Mi.
    Steps:
        1. Patch request and limit of memory to 64Mi.
        2. Patch them to 10Ki.
        3. Patch them to 96Mi again.
    Expected:
        - After 1 the whole chain agrees on 64Mi.
        - After 2 the version's way of telling that the limit is below the usage, and nothing is applied.
        - After 3 the whole chain agrees on 96Mi, without a restart.
        - 1.33 refuses 1 and 2, in its words.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#memory-limit-decreases
    """
    pod = pods.start("shrinking", BEFORE, script=IDLE_SCRIPT)

    resize_and_settle(pod, {CONTAINER: BEFORE.with_memory("64Mi")})
    shrink_below_usage(pod, {CONTAINER: BEFORE.with_memory("10Ki")})
    resize_and_settle(pod, {CONTAINER: BEFORE})
