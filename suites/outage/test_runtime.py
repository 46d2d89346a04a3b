"""The container runtime is restarted, as by an upgrade of its package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.resources import Resources
from resize.restarts import assert_nobody_carries_out

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.live import LiveCluster
    from resize.pod import ResizablePod

pytestmark = [pytest.mark.variant("alone"), pytest.mark.serial, pytest.mark.disruptive]


@pytest.mark.rule("recovery.runtime_restart")
@pytest.mark.conformance
def test_resize_while_the_runtime_is_down(cluster: LiveCluster, idle_pod: ResizablePod, case: CaseRecord) -> None:
    """A resize that is requested while the container runtime is down is done once it is up.

    Why: containers live on without their runtime, so nobody drains a node for its restart; but only the runtime can
    change a container's limits.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Stop containerd.
        2. Patch CPU and memory to 200m and 96Mi.
        3. Start containerd.
    Expected:
        - The container's cgroup is as before as long as containerd is down.
        - Then the resize is done on every layer, in the same container.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#cri-changes
    """
    with cluster.without("containerd"):
        idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi"))
        assert_nobody_carries_out(idle_pod)

    chain = idle_pod.settle()
    case.measure("done after the request, with the runtime's start", chain.at_s, "s")


@pytest.mark.rule("recovery.runtime_restart")
@pytest.mark.conformance
def test_restart_after_a_resize(cluster: LiveCluster, idle_pod: ResizablePod) -> None:
    """A finished resize survives a restart of the container runtime, and the pod can be resized again.

    Why: the kubelet reads a container's resources from the runtime; one that had forgotten the update would make the
    kubelet think that the resize was never done.

    Preconditions:
        - A Guaranteed pod that was resized from 100m and 64Mi to 200m and 96Mi.
    Steps:
        1. Restart containerd.
        2. Patch CPU to 100m.
    Expected:
        - After 1 nothing changes on any layer.
        - After 2 the resize is done on every layer, in the same container.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#cri-changes
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi"))
    idle_pod.settle()

    cluster.restart("containerd")
    idle_pod.unchanged()

    idle_pod.resize(Resources.guaranteed(cpu="100m", memory="96Mi"))
    idle_pod.settle()
