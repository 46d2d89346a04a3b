"""Resizes in a cluster that is being upgraded: the API server is new, and the node still has its old kubelet.

What comes of them is then partly the one's doing and partly the other's: ``resize/data/sides.toml`` says which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_over_capacity, assert_shrink_held_back
from resize.incapable import assert_not_in_place
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.room import Room
    from resize.pod import ResizablePod

pytestmark = pytest.mark.variant("kubelet-1-older", "kubelet-3-older")


@pytest.mark.nightly
@pytest.mark.kubelet("on")
@pytest.mark.rule("actuation.in_place", "status.allocated_resources", "status.actual_resources")
def test_up_and_down_with_an_older_kubelet(idle_pod: ResizablePod) -> None:
    """A kubelet that is older than the API server raises and lowers CPU and memory in place.

    Preconditions:
        - A cluster whose kubelet is one or three minor versions older than its API server, and has the feature on.
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch requests and limits to 200m and 96Mi, as the API server's version wants it.
        2. Patch the CPU back to 100m.
    Expected:
        - Each is done on every layer without a restart; the status tells of it as the kubelet's version does.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#version-skew-strategy
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi"))
    idle_pod.settle()

    idle_pod.resize(Resources.guaranteed(cpu="100m", memory="96Mi"))
    idle_pod.settle()


@pytest.mark.nightly
@pytest.mark.kubelet("on")
@pytest.mark.rule("over_capacity.answer", "over_capacity.message", "over_capacity.http_code", "over_capacity.cause")
def test_over_capacity_with_an_older_kubelet(idle_pod: ResizablePod, room: Room) -> None:
    """More CPU than the node has is refused by a new API server itself, and by an older one's kubelet.

    Preconditions:
        - A cluster whose kubelet is one or three minor versions older than its API server, and has the feature on.
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch requests and limits of CPU to one CPU more than the node has.
    Expected:
        - HTTP 403 with the cause NodeCapacity where the API server looks at capacity, however old the kubelet is; else
          Infeasible as the kubelet's version says it. The pod is left alone. What watches for one of the two alone, as
          autoscalers did, is blind during an upgrade.

    https://github.com/kubernetes/kubernetes/pull/136043
    """
    submitted = idle_pod.submit({"stress": Resources().with_cpu(room.too_much_cpu).to_json()})

    assert_over_capacity(idle_pod, submitted)


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.kubelet("on")
@pytest.mark.rule("memory_shrink.limit_decrease", "memory_shrink.below_usage", "memory_shrink.message")
def test_shrink_below_usage_with_an_older_kubelet(steady_pod: ResizablePod) -> None:
    """A memory limit below the usage is held back by an older kubelet too.

    Preconditions:
        - A cluster whose kubelet is one or three minor versions older than its API server, and has the feature on.
        - A running Guaranteed pod with 150M whose workload holds 128M.
    Steps:
        1. Patch requests and limits of memory to 100M, which API servers but those of 1.33 take.
    Expected:
        - The resize is not applied and not done, which is told as the kubelet's version tells it; the container goes
          on.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#version-skew-strategy
    """
    steady_pod.resize(Resources.guaranteed(cpu="100m", memory="100M"))

    assert_shrink_held_back(steady_pod)


@pytest.mark.nightly
@pytest.mark.kubelet("off")
@pytest.mark.rule("incapable_node.answer", "incapable_node.message", "incapable_node.http_code")
def test_a_kubelet_that_is_too_old(idle_pod: ResizablePod) -> None:
    """Where the API server has the feature and the kubelet does not have it yet, a resize is refused.

    Preconditions:
        - A cluster whose kubelet is one or three minor versions older than its API server, and has the feature off, as
          kubelets before 1.33 have it by default.
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch requests and limits to 50m.
    Expected:
        - The API refuses, as the node does not support it, and nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#version-skew-strategy
    """
    assert_not_in_place(idle_pod, Resources.guaranteed(cpu="50m", memory="64Mi"))
