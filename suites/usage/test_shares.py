"""A CPU request is a share: what a workload gets where the CPU is short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.resources import Resources
from resize.sharing import assert_share

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods

#: One for each CPU of a small node and more.
HOGS = ("--cpu", "4")


@pytest.mark.rule("cgroups.limits_hold")
@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.conformance
def test_two_hogs_share_by_their_requests(pods: Pods, case: CaseRecord) -> None:
    """Two pods that want all CPU share it by their requests, and otherwise once these are resized.

    Why: a request that is raised in the object alone gives nobody more; no limit shows it, only the time that is got.

    Preconditions:
        - Two running pods whose workloads want all CPU, with limits beyond it: one requests 50m, the other 400m.
    Steps:
        1. Measure the CPU time that each gets.
        2. Patch the first's request to 400m and the second's to 50m, and measure again.
    Expected:
        - First the second gets at least twice as much as the first, and then the first as the second.

    https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#how-pods-with-resource-limits-are-run
    """
    small = Resources.of(cpu_request="50m", cpu_limit="8", memory_request="32Mi", memory_limit="64Mi")
    large = small.with_changes(cpu_request_milli=400)
    rising, falling = pods.start("rising", small, args=HOGS), pods.start("falling", large, args=HOGS)
    assert_share(falling, rising, case, "at the start", at_least=2)

    rising.resize(large)
    falling.resize(small)
    rising.applied()
    falling.applied()

    assert_share(rising, falling, case, "after the resizes", at_least=2)
