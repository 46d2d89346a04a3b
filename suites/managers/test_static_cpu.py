"""Guaranteed pods on a node whose CPU manager has the static policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_static_cpu_answer
from resize.managers import assert_manager_answer
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.live import LiveCluster
    from resize.pod import ResizablePod


@pytest.mark.conformance
@pytest.mark.variant("static-cpu")
@pytest.mark.rule("static_cpu_manager.refuses", "static_cpu_manager.message")
def test_cpu_of_a_guaranteed_pod(idle_pod: ResizablePod) -> None:
    """On a node with the static CPU manager policy a CPU resize of a Guaranteed pod is refused as the version does it.

    Preconditions:
        - A cluster whose kubelet runs with cpuManagerPolicy static.
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to 200m.
    Expected:
        - From 1.32 on: Infeasible, with a text that names the policy, and nothing is applied.
        - In the alpha, which does not look at the policy: the resize is done.

    https://kubernetes.io/blog/2023/05/12/in-place-pod-resize-alpha/#known-issues
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="64Mi"))

    assert_static_cpu_answer(idle_pod)


@pytest.mark.conformance
@pytest.mark.variant("static-cpu")
@pytest.mark.rule("static_cpu_manager.refuses", "succession.feasible_after_infeasible")
def test_resize_after_one_that_was_infeasible(idle_pod: ResizablePod) -> None:
    """A resize that the static CPU manager policy makes Infeasible keeps none from being done that leaves CPU alone.

    Why: from 1.36 on it is the one way to an Infeasible resize: who asked for too much must get out of it.

    Preconditions:
        - A cluster whose kubelet runs with cpuManagerPolicy static.
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to 200m.
        2. Patch CPU back to 100m, and memory to 96Mi.
    Expected:
        - The first is Infeasible from 1.32 on.
        - The second is done on every layer; 1.32 and 1.33 refuse it too, as they refuse any of such a pod.

    https://github.com/kubernetes/kubernetes/pull/129719
    """
    right = idle_pod.behaviour.static_cpu_manager
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="64Mi"))
    assert_manager_answer(idle_pod, right, "cpu")

    idle_pod.resize(Resources.guaranteed(cpu="100m", memory="96Mi"))
    assert_manager_answer(idle_pod, right, "memory")


@pytest.mark.conformance
@pytest.mark.variant("static-cpu")
@pytest.mark.serial
@pytest.mark.min_kube_version("1.34")
@pytest.mark.rule("metrics.infeasible", "metrics.pending")
def test_refusal_is_counted(cluster: LiveCluster, idle_pod: ResizablePod) -> None:
    """A resize that the static CPU manager policy makes Infeasible is counted with that reason.

    Why: it tells an operator that a node pool's policy, and not its size, is what keeps pods from being resized.

    Preconditions:
        - A cluster whose kubelet runs with cpuManagerPolicy static.
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to 200m.
        2. Patch it back to 100m.
    Expected:
        - After 1 kubelet_pod_infeasible_resizes_total grew with the detail guaranteed_pod_cpu_manager_static_policy,
          and with no other; kubelet_pod_pending_resizes with the reason infeasible is 1, and after 2 it is 0.

    https://github.com/kubernetes/kubernetes/pull/132903
    """
    metrics, counted = idle_pod.behaviour.metrics, cluster.counts("kubelet")
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="64Mi"))
    assert_static_cpu_answer(idle_pod)
    counted.assert_now(metrics.pending, 1, reason="infeasible")
    assert list(counted.changes(metrics.infeasible)) == ["guaranteed_pod_cpu_manager_static_policy"]

    idle_pod.resize(Resources.guaranteed(cpu="100m", memory="64Mi"))
    idle_pod.settle()
    counted.assert_now(metrics.pending, 0, reason="infeasible")
