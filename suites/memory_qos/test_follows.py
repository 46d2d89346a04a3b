"""The memory that the kernel protects, and where it begins to throttle: both follow a resize."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusters.variants import MEMORY_THROTTLING_FACTOR
from resize.manifests import IDLE_SCRIPT
from resize.memory_qos import assert_container_memory_qos, assert_pod_protected
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods

pytestmark = [
    pytest.mark.variant("memory-qos"),
    pytest.mark.cgroup("v2"),
    pytest.mark.cpu_milli(100),
]

BURSTABLE = (
    Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="128Mi"),
    Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="96Mi", memory_limit="192Mi"),
)
#: The first of those with a higher memory request and the same limit.
MORE_REQUESTED = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="96Mi", memory_limit="128Mi")
GUARANTEED = (Resources.guaranteed(cpu="100m", memory="64Mi"), Resources.guaranteed(cpu="100m", memory="96Mi"))


@pytest.mark.conformance
@pytest.mark.rule("memory_qos.container_follows", "memory_qos.protects")
@pytest.mark.parametrize(
    ("before", "after"), [pytest.param(*BURSTABLE, id="burstable"), pytest.param(*GUARANTEED, id="guaranteed")]
)
def test_container(pods: Pods, before: Resources, after: Resources) -> None:
    """With MemoryQoS what a container has protected, and where it is throttled, follow its resize.

    Why: who asks for more memory asks for it to be kept too. A memory.high that stays behind throttles a container that
    is far from its new limit, and nothing in the status tells why it is slow.

    Preconditions:
        - A cluster with the gate MemoryQoS, memoryThrottlingFactor 0.9, and from 1.36 on memoryReservationPolicy
          TieredReservation.
        - A running pod of one container: 64Mi of 128Mi, or 64Mi of 64Mi and Guaranteed.
    Steps:
        1. Patch memory to 96Mi of 192Mi, or to 96Mi of 96Mi.
    Expected:
        - memory.min of the container is its request, before and after; from 1.36 on memory.low in its place if the pod
          is not Guaranteed. The other of the two is 0.
        - memory.high is nine tenths of the way from the request to the limit, in whole pages, none if they are equal.
        - The resize is done on every layer, in the same container.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/2570-memory-qos
    """
    pod = pods.start("protected", before, script=IDLE_SCRIPT)
    assert_container_memory_qos(pod, factor=MEMORY_THROTTLING_FACTOR)

    pod.resize(after)
    pod.settle()
    assert_container_memory_qos(pod, factor=MEMORY_THROTTLING_FACTOR)


@pytest.mark.conformance
@pytest.mark.rule("memory_qos.pod_follows", "memory_qos.protects")
@pytest.mark.known_issue("KI-POD-PROTECTION-STAYS")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(*BURSTABLE, id="burstable", marks=pytest.mark.upstream("node/memory-low-follows")),
        pytest.param(*GUARANTEED, id="guaranteed"),
    ],
)
def test_pod(pods: Pods, before: Resources, after: Resources) -> None:
    """With MemoryQoS what a pod as a whole has protected follows a resize of its container.

    Why: the kernel protects a container no further than its pod. Where the pod's value stays behind, the new request is
    protected on paper alone.

    Preconditions:
        - A cluster with the gate MemoryQoS, and from 1.36 on memoryReservationPolicy TieredReservation.
        - A running pod of one container: 64Mi of 128Mi, or 64Mi of 64Mi and Guaranteed.
    Steps:
        1. Patch memory to 96Mi of 192Mi, or to 96Mi of 96Mi.
    Expected:
        - memory.min of the pod's cgroup is the request, before and after; from 1.36 on memory.low in its place if the
          pod is not Guaranteed.

    https://github.com/kubernetes/kubernetes/pull/140262
    """
    pod = pods.start("protected", before, script=IDLE_SCRIPT)
    assert_pod_protected(pod)

    pod.resize(after)
    pod.settle()
    assert_pod_protected(pod)


@pytest.mark.conformance
@pytest.mark.rule("memory_qos.container_follows_request")
@pytest.mark.known_issue("KI-PROTECTION-BY-LIMIT")
def test_container_by_request_alone(pods: Pods) -> None:
    """With MemoryQoS what a container has protected follows a resize of its memory request alone.

    Why: a higher request below the same limit is how one asks for memory to be kept, and for nothing else.

    Preconditions:
        - A cluster with the gate MemoryQoS, memoryThrottlingFactor 0.9, and from 1.36 on memoryReservationPolicy
          TieredReservation.
        - A running pod of one container, 64Mi of 128Mi.
    Steps:
        1. Patch the memory request to 96Mi.
    Expected:
        - memory.min of the container, from 1.36 on memory.low, is 96Mi.
        - memory.high is nine tenths of the way from there to 128Mi.

    https://github.com/kubernetes/kubernetes/issues/130657
    """
    before, _ = BURSTABLE
    pod = pods.start("protected", before, script=IDLE_SCRIPT)
    assert_container_memory_qos(pod, factor=MEMORY_THROTTLING_FACTOR)

    pod.resize(MORE_REQUESTED)
    pod.settle()
    assert_container_memory_qos(pod, factor=MEMORY_THROTTLING_FACTOR)


@pytest.mark.conformance
@pytest.mark.rule("memory_qos.pod_follows_request")
@pytest.mark.known_issue("KI-POD-PROTECTION-BY-LIMIT")
def test_pod_by_request_alone(pods: Pods) -> None:
    """With MemoryQoS what a pod as a whole has protected follows a resize of a memory request alone.

    Why: the kernel protects a container no further than its pod, so the container's new value alone protects nothing.

    Preconditions:
        - A cluster with the gate MemoryQoS, and from 1.36 on memoryReservationPolicy TieredReservation.
        - A running pod of one container, 64Mi of 128Mi.
    Steps:
        1. Patch the memory request to 96Mi.
    Expected:
        - memory.min of the pod's cgroup, from 1.36 on memory.low, is 96Mi.

    https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/kubelet/kuberuntime/kuberuntime_manager.go
    """
    before, _ = BURSTABLE
    pod = pods.start("protected", before, script=IDLE_SCRIPT)
    assert_pod_protected(pod)

    pod.resize(MORE_REQUESTED)
    pod.settle()
    assert_pod_protected(pod)


@pytest.mark.conformance
@pytest.mark.rule("memory_qos.high_goes")
@pytest.mark.known_issue("KI-MEMORY-HIGH-STAYS")
def test_request_that_becomes_the_limit(pods: Pods) -> None:
    """With MemoryQoS a container whose memory request becomes its limit is throttled no more.

    Why: to ask for all of the limit is how one gets memory that nobody throttles. A memory.high that stays throttles
    the container far below its new request, for as long as it runs.

    Preconditions:
        - A cluster with the gate MemoryQoS, memoryThrottlingFactor 0.9, and from 1.36 on memoryReservationPolicy
          TieredReservation.
        - A running Burstable pod of one container, 64Mi of 128Mi: its memory.high is 121.6Mi.
    Steps:
        1. Patch memory to 192Mi of 192Mi; by its CPU the pod stays Burstable.
    Expected:
        - memory.high of the container is "max".
        - memory.min of the container, from 1.36 on memory.low, is 192Mi.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/2570-memory-qos
    """
    before, _ = BURSTABLE
    pod = pods.start("throttled", before, script=IDLE_SCRIPT)
    assert_container_memory_qos(pod, factor=MEMORY_THROTTLING_FACTOR)

    pod.resize(Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="192Mi", memory_limit="192Mi"))
    pod.settle()
    assert_container_memory_qos(pod, factor=MEMORY_THROTTLING_FACTOR)
