"""The API server is away: what the kubelet knows already it carries out, and what it did it tells later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.resources import Resources
from resize.restarts import BACK_IN_TOUCH_S, assert_applied_in_an_outage

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.live import LiveCluster
    from resize.pod import ResizablePod


@pytest.mark.variant("alone")
@pytest.mark.serial
@pytest.mark.disruptive
@pytest.mark.slow
@pytest.mark.rule("recovery.api_outage")
@pytest.mark.conformance
def test_away_for_twenty_seconds(cluster: LiveCluster, idle_pod: ResizablePod, case: CaseRecord) -> None:
    """A resize under way when the API server goes away is carried out, and told of when it is back.

    Why: control planes are upgraded and fail. A pod that had asked for memory must get it all the same, and its status
    must not stay behind for good.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU and memory to 200m and 96Mi.
        2. End the API server at once, and start it anew after 20 s.
        3. Patch CPU to 100m.
    Expected:
        - While it is away both cgroup levels get the new values, and keep them for 20 s.
        - Once it is back both resizes are done on every layer, in the same container.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#kubelet-restart-analysis
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi"))
    with idle_pod.observer.bearing_outage(), cluster.without("kube-apiserver"):
        assert_applied_in_an_outage(idle_pod)
    idle_pod.settle(deadline_s=BACK_IN_TOUCH_S)

    idle_pod.resize(Resources.guaranteed(cpu="100m", memory="96Mi"))
    chain = idle_pod.settle(deadline_s=BACK_IN_TOUCH_S)
    case.measure("done after the outage", chain.at_s, "s")
