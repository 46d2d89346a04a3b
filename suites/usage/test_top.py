"""What `kubectl top` shows of a resize."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.manifests import BUSY_HOLD_SCRIPT
from resize.resources import Resources
from resize.usage import TopWatch

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods
    from resize.kubectl import Kubectl
    from resize.pod import ResizablePod


@pytest.mark.slow
@pytest.mark.metrics_api
@pytest.mark.conformance
@pytest.mark.rule("cgroups.limits_hold")
def test_top_settles_at_the_limit(pods: Pods, kubectl: Kubectl, case: CaseRecord) -> None:
    """`kubectl top` shows a stressed pod at its CPU limit and the memory that it holds.

    Preconditions:
        - A running Guaranteed pod with 100m and 150M; its workload wants a whole CPU and holds 128M.
    Steps:
        1. Ask `kubectl top pod` until it settles.
    Expected:
        - About 100m, as the limit allows no more, and about 131Mi.

    https://www.perfectscale.io/blog/pod-in-place-resize
    """
    pod = pods.start("stress", Resources.guaranteed(cpu="100m", memory="150M"), script=BUSY_HOLD_SCRIPT)
    top = TopWatch(kubectl, pod, case)

    top.until_cpu("at the start", milli=100)
    top.until_memory("at the start", mib=131)


@pytest.mark.slow
@pytest.mark.metrics_api
@pytest.mark.conformance
@pytest.mark.rule("cgroups.limits_hold")
def test_top_follows_the_limit_up_and_down(stress_pod: ResizablePod, kubectl: Kubectl, case: CaseRecord) -> None:
    """`kubectl top` climbs after a resize to 300m, and falls after one back to 100m.

    Preconditions:
        - A running Guaranteed pod with 100m and 150M whose workload wants a whole CPU.
    Steps:
        1. Resize to 300m and 250M.
        2. Resize CPU back to 100m.
    Expected:
        - `kubectl top pod` shows about 300m after the first, about 100m after the second.

    https://www.perfectscale.io/blog/pod-in-place-resize
    """
    top = TopWatch(kubectl, stress_pod, case)

    stress_pod.resize(Resources.guaranteed(cpu="300m", memory="250M"))
    top.until_cpu("after the resize up", milli=300)

    stress_pod.resize(Resources.guaranteed(cpu="100m", memory="250M"))
    top.until_cpu("after the resize down", milli=100)
