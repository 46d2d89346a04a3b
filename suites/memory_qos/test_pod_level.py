"""Pods with memory of their own: where the kernel begins to throttle them as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusters.variants import MEMORY_THROTTLING_FACTOR
from resize.memory_qos import assert_pod_level_high
from resize.resources import Resources
from suites.pod_level.pods import RESIZABLE, start_one

if TYPE_CHECKING:
    from fixtures.pods import Pods

pytestmark = [*RESIZABLE, pytest.mark.variant("memory-qos")]


@pytest.mark.conformance
@pytest.mark.rule("memory_qos.pod_level_high")
def test_high_of_the_pod(pods: Pods) -> None:
    """With MemoryQoS a pod with memory of its own is throttled by that as a whole, and a resize moves the bound.

    Why: its containers have no limits to be throttled by; all there is between them and the OOM killer is the pod's.

    Preconditions:
        - A cluster with the gate MemoryQoS, memoryThrottlingFactor 0.9 and memoryReservationPolicy TieredReservation.
        - A running pod with 64Mi of 128Mi of its own, and one container without resources.
    Steps:
        1. Patch the pod's memory to 96Mi of 192Mi.
    Expected:
        - From 1.37 on memory.high of the pod's cgroup is nine tenths of the way from its request to its limit, before
          and after; in 1.36 it is "max".
        - The resize is done on every layer, in the same container.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/2570-memory-qos
    """
    before = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="128Mi")
    pod = start_one(pods, Resources(), before)
    assert_pod_level_high(pod, factor=MEMORY_THROTTLING_FACTOR)

    after = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="96Mi", memory_limit="192Mi")
    pod.resize({}, pod_level=after)
    pod.settle()
    assert_pod_level_high(pod, factor=MEMORY_THROTTLING_FACTOR)
