"""Pods that may swap: their memory can't be resized in place, and what leaves it alone can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import resize_and_settle
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources
from resize.swap import assert_may_swap, assert_swap_answer

if TYPE_CHECKING:
    from fixtures.live import LiveCluster
    from fixtures.pods import Pods
    from resize.pod import ResizablePod

pytestmark = [
    pytest.mark.variant("swap"),
    pytest.mark.cgroup("v2"),
    # Before, the gate NodeSwap is off unless asked for.
    pytest.mark.min_kube_version("1.30"),
    pytest.mark.cpu_milli(200),
]

BURSTABLE = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="128Mi")
MORE_MEMORY = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="96Mi", memory_limit="128Mi")


@pytest.mark.conformance
@pytest.mark.rule("swap.refuses", "swap.message")
def test_memory_request(pods: Pods) -> None:
    """The memory request of a container that may swap is not resized in place, as the version says.

    Why: how much a container may swap follows from its request, and a running one keeps what it has swapped out. Who
    turns swap on for a node pool must know that its pods can't be resized as before.

    Preconditions:
        - A cluster whose kubelet runs with swapBehavior LimitedSwap.
        - A running Burstable pod with 64Mi of 128Mi of memory.
    Steps:
        1. Patch the memory request to 96Mi.
        2. Patch it back to 64Mi, and CPU to 100m of 200m.
    Expected:
        - From 1.33 on the first is Infeasible, with a text that names swap, and nothing is applied; before, it is done.
        - The second is done on every layer, in the same container.

    https://github.com/kubernetes/kubernetes/pull/130831
    """
    pod = pods.start("swaps", BURSTABLE, script=IDLE_SCRIPT)
    assert_may_swap(pod)

    pod.resize(MORE_MEMORY)
    assert_swap_answer(pod)

    pod.resize(Resources.of(cpu_request="100m", cpu_limit="200m", memory_request="64Mi", memory_limit="128Mi"))
    pod.settle()


@pytest.mark.conformance
@pytest.mark.rule("swap.refuses", "actuation.restarts_by_policy", "actuation.memory_request_restarts")
def test_memory_request_by_a_restart(pods: Pods) -> None:
    """A container that may swap gets a new memory request by a restart, where its resize policy says so.

    Why: it is the way out that the refusal leaves, and the one that users of swap are to take.

    Preconditions:
        - A cluster whose kubelet runs with swapBehavior LimitedSwap.
        - A running Burstable pod with 64Mi of 128Mi of memory, whose policy for memory is RestartContainer.
    Steps:
        1. Patch the memory request to 96Mi.
    Expected:
        - The resize is done on every layer after one restart; up to 1.32 without one, as the limit stays.

    https://github.com/kubernetes/kubernetes/pull/130831
    """
    pod = pods.start("swaps", BURSTABLE, script=IDLE_SCRIPT, resize_policy={"memory": "RestartContainer"})
    assert_may_swap(pod)

    resize_and_settle(pod, {pod.only_container.name: MORE_MEMORY})


@pytest.mark.conformance
@pytest.mark.rule("swap.refuses", "actuation.in_place")
def test_memory_limit_alone(pods: Pods) -> None:
    """The memory limit of a container that may swap is resized in place as long as its request stays.

    Why: what may be swapped follows from the request alone.

    Preconditions:
        - A cluster whose kubelet runs with swapBehavior LimitedSwap.
        - A running Burstable pod with 64Mi of 128Mi of memory.
    Steps:
        1. Patch the memory limit to 192Mi.
    Expected:
        - The resize is done on every layer, in the same container.

    https://github.com/kubernetes/kubernetes/pull/130831
    """
    pod = pods.start("swaps", BURSTABLE, script=IDLE_SCRIPT)
    assert_may_swap(pod)

    pod.resize(Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="192Mi"))
    pod.settle()


@pytest.mark.conformance
@pytest.mark.rule("swap.guaranteed_resized", "actuation.in_place")
def test_guaranteed_pod(idle_pod: ResizablePod) -> None:
    """On a node whose pods may swap a Guaranteed pod, which may not, is resized as elsewhere.

    Why: a node has swap for all of its pods or for none, and most that matter are Guaranteed.

    Preconditions:
        - A cluster whose kubelet runs with swapBehavior LimitedSwap.
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU and memory to 200m and 96Mi.
    Expected:
        - The resize is done on every layer, in the same container.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/2400-node-swap
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi"))
    idle_pod.settle()


@pytest.mark.conformance
@pytest.mark.serial
@pytest.mark.min_kube_version("1.34")
@pytest.mark.rule("metrics.infeasible")
def test_refusal_is_counted(cluster: LiveCluster, pods: Pods) -> None:
    """A resize that is Infeasible as its container may swap is counted with that reason.

    Why: it tells an operator that a node pool's swap, and not its size, is what keeps pods from being resized.

    Preconditions:
        - A cluster whose kubelet runs with swapBehavior LimitedSwap.
        - A running Burstable pod with 64Mi of 128Mi of memory.
    Steps:
        1. Patch the memory request to 96Mi.
    Expected:
        - kubelet_pod_infeasible_resizes_total grew with the detail swap_limitation, and with no other.

    https://github.com/kubernetes/kubernetes/pull/132903
    """
    pod = pods.start("swaps", BURSTABLE, script=IDLE_SCRIPT)
    counted = cluster.counts("kubelet")

    pod.resize(MORE_MEMORY)
    assert_swap_answer(pod)
    assert list(counted.changes(pod.behaviour.metrics.infeasible)) == ["swap_limitation"]
