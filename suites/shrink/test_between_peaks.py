"""A memory limit below what the workload uses now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.manifests import TURNS_SCRIPT
from resize.peaks import assert_next_peak_kills, until_peak
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods


@pytest.mark.slow
@pytest.mark.lowers_memory_limit
@pytest.mark.conformance
@pytest.mark.rule("memory_shrink.below_usage", "cgroups.limits_hold")
def test_limit_set_between_two_peaks_kills(pods: Pods, case: CaseRecord) -> None:
    """A shrink below the peaks of memory that comes and goes ends in an OOM kill, and the status tells so.

    Preconditions:
        - A running Guaranteed pod with 150M whose workload takes 128M for 3 s, does without it for 8 s, and so on.
    Steps:
        1. Once it had a peak, patch requests and limits of memory to 100M.
    Expected:
        - Either the node lowers the limit between two peaks: then the container is OOM-killed at the next one, is
          restarted, and its status says OOMKilled.
        - Or the node holds the limit back all the time, says so, and the container goes on undisturbed.

    https://github.com/kubernetes/kubernetes/issues/135670
    """
    pod = pods.start("turns", Resources.guaranteed(cpu="500m", memory="150M"), script=TURNS_SCRIPT)
    until_peak(pod)

    pod.resize(Resources.guaranteed(cpu="500m", memory="100M"))

    assert_next_peak_kills(pod, case)
