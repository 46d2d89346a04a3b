"""The kernel holds the workload to the limit that it was resized to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.resources import Resources
from resize.usage import assert_held_to

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from resize.pod import ResizablePod


@pytest.mark.conformance
@pytest.mark.rule("cgroups.limits_hold")
def test_throttling_follows_the_limit(stress_pod: ResizablePod, case: CaseRecord) -> None:
    """A workload that wants a whole CPU gets what the limit allows, before and after resizes up and down.

    Preconditions:
        - A running Guaranteed pod with 100m whose workload wants a whole CPU.
    Steps:
        1. Measure usage and throttled periods in the container's cgroup.
        2. Resize to 300m, and measure; resize back to 100m, and measure.
    Expected:
        - Usage is about 100m, 300m and 100m, and in nearly every period the quota runs out.

    https://github.com/kubernetes/kubernetes/issues/118371
    """
    assert_held_to(stress_pod, case, "at the start", cpu_milli=100)

    stress_pod.resize(Resources.guaranteed(cpu="300m", memory="150M"))
    stress_pod.applied()
    assert_held_to(stress_pod, case, "after the resize up", cpu_milli=300)

    stress_pod.resize(Resources.guaranteed(cpu="100m", memory="150M"))
    stress_pod.applied()
    assert_held_to(stress_pod, case, "after the resize down", cpu_milli=100)
