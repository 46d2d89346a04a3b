"""memory.high, and a kubelet that is restarted with another configuration while containers run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusters.variants import MEMORY_THROTTLING_FACTOR
from resize.manifests import IDLE_SCRIPT
from resize.memory_qos import assert_container_memory_qos, assert_high_after_rollback
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.kubelet_settings import KubeletSettings
    from fixtures.pods import Pods

pytestmark = [
    pytest.mark.variant("memory-qos"),
    pytest.mark.cgroup("v2"),
    pytest.mark.serial,
    pytest.mark.disruptive,
    pytest.mark.slow,
]

BEFORE = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="128Mi")
AFTER = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="96Mi", memory_limit="192Mi")


@pytest.mark.conformance
@pytest.mark.rule("memory_qos.changed_factor_waits", "memory_qos.default_factor")
@pytest.mark.upstream("node/memory-high-set")
def test_new_throttling_factor(pods: Pods, kubelet_settings: KubeletSettings) -> None:
    """A new memoryThrottlingFactor reaches a running container with its next resize, and not before.

    Why: an operator who tunes a node must know that pods which run already go on as they were.

    Preconditions:
        - A cluster with the gate MemoryQoS, whose kubelet is told no memoryThrottlingFactor.
        - A running pod of one container, 64Mi of 128Mi: its memory.high is "max", and before 1.37 nine tenths of the
          way from the request to the limit.
    Steps:
        1. Restart the kubelet with memoryThrottlingFactor 0.5 (upstream's 0.9 is the default of older versions).
        2. Patch memory to 96Mi of 192Mi.
    Expected:
        - After 1 memory.high is as before.
        - After 2 it is half of the way, 144Mi, and the resize is done on every layer in the same container.

    https://github.com/kubernetes/kubernetes/blob/v1.37.2/test/e2e_node/memory_qos_test.go
    """
    kubelet_settings.set(memoryThrottlingFactor=None)
    pod = pods.start("throttled", BEFORE, script=IDLE_SCRIPT)
    default = pod.behaviour.memory_qos.default_factor
    assert_container_memory_qos(pod, factor=default)

    kubelet_settings.set(memoryThrottlingFactor=0.5)
    assert_container_memory_qos(pod, factor=default)

    pod.resize(AFTER)
    pod.settle()
    assert_container_memory_qos(pod, factor=0.5)


@pytest.mark.conformance
@pytest.mark.rule("memory_qos.high_cleared")
@pytest.mark.upstream("node/memory-high-cleared")
def test_rollback(pods: Pods, kubelet_settings: KubeletSettings) -> None:
    """Once MemoryQoS is off again, a resize takes a container's memory.high away, on versions that look after it.

    Why: a feature that is turned off, perhaps for being the trouble, should not go on throttling containers.

    Preconditions:
        - A cluster with the gate MemoryQoS and memoryThrottlingFactor 0.9.
        - A running pod of one container, 64Mi of 128Mi.
    Steps:
        1. Restart the kubelet with the gate off.
        2. Patch memory to 96Mi of 192Mi.
    Expected:
        - After 1 memory.high is as before: nine tenths of the way from the request to the limit.
        - After 2 it is "max"; before 1.37 it stays, below the new request and all.
        - The resize is done on every layer, in the same container.

    https://github.com/kubernetes/kubernetes/blob/v1.37.2/test/e2e_node/memory_qos_test.go
    """
    pod = pods.start("throttled", BEFORE, script=IDLE_SCRIPT)
    assert_container_memory_qos(pod, factor=MEMORY_THROTTLING_FACTOR)

    kubelet_settings.set(featureGates={"MemoryQoS": False}, memoryThrottlingFactor=None, memoryReservationPolicy=None)
    assert_container_memory_qos(pod, factor=MEMORY_THROTTLING_FACTOR)

    pod.resize(AFTER)
    pod.settle()
    assert_high_after_rollback(pod, BEFORE, factor=MEMORY_THROTTLING_FACTOR)
