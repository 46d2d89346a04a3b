"""The kubelet's own figures about resizes: what an operator's dashboards and alerts are made of.

No e2e test of Kubernetes' own reads one of them; the KEP's names for two of them are not the code's.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_deferred, assert_over_capacity, assert_shrink_held_back
from resize.delays import granted_after_s
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.live import LiveCluster
    from fixtures.pods import Pods
    from fixtures.room import Room
    from resize.pod import ResizablePod

pytestmark = [pytest.mark.variant("alone"), pytest.mark.serial, pytest.mark.min_kube_version("1.34")]


@pytest.mark.rule("metrics.requested", "metrics.duration")
@pytest.mark.conformance
def test_requested_resizes(cluster: LiveCluster, idle_pod: ResizablePod) -> None:
    """The kubelet counts each requested value of a resize by resource, requirement and operation, and times resizes.

    Why: without it nobody sees how often an autoscaler resizes, nor how long nodes take for it.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to 200m.
        2. Patch CPU to 150m and memory to 96Mi.
    Expected:
        - kubelet_container_requested_resizes_total grows by one for each value that changed: a request and a limit of
          CPU up, then of CPU down and of memory up.
        - kubelet_pod_resize_duration_milliseconds counts both, as successes.

    https://github.com/kubernetes/kubernetes/pull/132903
    """
    metrics, counted = idle_pod.behaviour.metrics, cluster.counts("kubelet")
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="64Mi"))
    idle_pod.settle()
    idle_pod.resize(Resources.guaranteed(cpu="150m", memory="96Mi"))
    idle_pod.settle()

    counted.assert_changes(
        metrics.requested,
        {
            "increase requests cpu": 1,
            "increase limits cpu": 1,
            "decrease requests cpu": 1,
            "decrease limits cpu": 1,
            "increase requests memory": 1,
            "increase limits memory": 1,
        },
    )
    counted.assert_changes(f"{metrics.duration}_count", {"true": 2})


@pytest.mark.rule("metrics.pending", "metrics.deferred_accepted", "metrics.accepted_by_removal")
@pytest.mark.conformance
def test_deferred_resize(cluster: LiveCluster, pods: Pods, room: Room) -> None:
    """A Deferred resize is among the pending ones as long as it waits, and is counted with what let it through.

    Why: pending resizes that don't go away are what an operator is to be alerted of.

    Preconditions:
        - A pod with 60 percent of the node's CPU, and a Guaranteed pod with 100m.
    Steps:
        1. Patch the second pod's CPU to 60 percent of the node's.
        2. Delete the first pod.
    Expected:
        - After 1 kubelet_pod_pending_resizes with the reason deferred is 1, and after 2 it is 0.
        - After 2 kubelet_pod_deferred_accepted_resizes_total grew by one, with the trigger that pods were removed.

    https://github.com/kubernetes/kubernetes/pull/132903
    """
    blocker = pods.start("blocker", Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"), script=IDLE_SCRIPT)
    pod = pods.start("waiting", Resources.guaranteed(cpu="100m", memory="64Mi"), script=IDLE_SCRIPT)
    metrics, counted = pod.behaviour.metrics, cluster.counts("kubelet")
    pod.resize(Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"))
    assert_deferred(pod)
    counted.assert_now(metrics.pending, 1, reason="deferred")

    pods.delete(blocker)
    granted_after_s(pod, since=time.monotonic(), deadline_s=pod.behaviour.deferred.after_removal_deadline_s)

    counted.assert_now(metrics.pending, 0, reason="deferred")
    counted.assert_changes(metrics.deferred_accepted, {metrics.accepted_by_removal: 1})


@pytest.mark.rule("metrics.in_progress")
@pytest.mark.conformance
def test_resize_in_progress(cluster: LiveCluster, steady_pod: ResizablePod) -> None:
    """A resize that can't be finished is among those in progress until it is taken back.

    Why: a shrink below the usage may stay in progress for ever, and this figure is the only sum of such pods.

    Preconditions:
        - A running Guaranteed pod with 150M that holds 128M.
    Steps:
        1. Patch memory to 100M.
        2. Patch it back to 150M.
    Expected:
        - After 1 kubelet_pod_in_progress_resizes is 1, and after 2 it is 0.

    https://github.com/kubernetes/kubernetes/pull/132903
    """
    metrics, counted = steady_pod.behaviour.metrics, cluster.counts("kubelet")
    steady_pod.resize(Resources.guaranteed(cpu="100m", memory="100M"))
    assert_shrink_held_back(steady_pod)
    counted.assert_now(metrics.in_progress, 1)

    steady_pod.resize(Resources.guaranteed(cpu="100m", memory="150M"))
    steady_pod.settle()
    counted.assert_now(metrics.in_progress, 0)


@pytest.mark.rule("metrics.infeasible")
@pytest.mark.max_kube_version("1.35")
@pytest.mark.conformance
def test_infeasible_resize(cluster: LiveCluster, idle_pod: ResizablePod, room: Room) -> None:
    """A resize to more than the node has is counted with its reason, and is among the pending ones until taken back.

    Why: it will never be granted. From 1.36 on the API server refuses it, so no kubelet hears of it.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to one CPU more than the node has.
        2. Patch it back to 100m.
    Expected:
        - After 1 kubelet_pod_infeasible_resizes_total grew, with the detail insufficient_node_allocatable alone, and
          kubelet_pod_pending_resizes with the reason infeasible is 1; after 2 it is 0.

    https://github.com/kubernetes/kubernetes/pull/132903
    """
    metrics, counted = idle_pod.behaviour.metrics, cluster.counts("kubelet")
    submitted = idle_pod.submit({"stress": Resources().with_cpu(room.too_much_cpu).to_json()})
    assert_over_capacity(idle_pod, submitted)
    counted.assert_now(metrics.pending, 1, reason="infeasible")
    assert list(counted.changes(metrics.infeasible)) == ["insufficient_node_allocatable"]

    idle_pod.resize(Resources.guaranteed(cpu="100m", memory="64Mi"))
    idle_pod.settle()
    counted.assert_now(metrics.pending, 0, reason="infeasible")
