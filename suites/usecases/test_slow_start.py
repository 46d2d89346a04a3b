"""KEP-1287's use case "Java processes": CPU that is needed only at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.manifests import SLOW_START
from resize.resources import Resources
from resize.startup import quickest_start, started_in_s

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods


@pytest.mark.conformance
@pytest.mark.rule("actuation.in_place", "cgroups.limits_hold")
def test_start_with_more_cpu_then_resize_down(pods: Pods, case: CaseRecord) -> None:
    """A pod that is given much CPU for its start and is resized down afterwards starts several times faster.

    Preconditions:
        - A workload that computes for a while before it is ready, as a Java application does.
        - Two Guaranteed pods with it: one with 100m, one with 600m, which a node of one CPU can give.
    Steps:
        1. Measure how long each takes to be ready; the fast one again, up to three times, if other load held it up.
        2. Resize the fast one down to 100m.
    Expected:
        - The one with more CPU starts at least three times faster.
        - After the resize it runs on in the same container, held to 100m.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#motivation
    """
    small = Resources.guaranteed(cpu="100m", memory="96Mi")
    slow_s = started_in_s(pods.start("small", small, script=SLOW_START))

    pod, fast_s = quickest_start(
        lambda name: pods.start(name, small.with_cpu("600m"), script=SLOW_START), pods.delete, below_s=slow_s / 3
    )
    pod.resize(small)
    pod.settle()

    case.measure("start with 100m", slow_s, "s")
    case.measure("start with 600m", fast_s, "s")
    case.measure("start is faster by", slow_s / fast_s, "times", expected="at least 3")
    assert slow_s / fast_s >= 3
