"""Changes of a pod's own resources that the API refuses, or passes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_over_capacity, assert_qos_change_refused, assert_refused
from resize.resources import Resources
from suites.pod_level.pods import RESIZABLE, start_one

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from clusters.api import KubeApi
    from fixtures.pods import Pods
    from resize.behaviour import Behaviour
    from resize.pod import ResizablePod
    from resize.sent import Submitted

pytestmark = [*RESIZABLE]

ONE = Resources.guaranteed(cpu="50m", memory="32Mi")
POD = Resources.guaranteed(cpu="100m", memory="64Mi")
REQUESTS = Resources.of(cpu_request="50m", memory_request="32Mi")


@pytest.mark.conformance
@pytest.mark.rule("pod_level.whole_removed")
def test_whole_field_is_taken_away(pods: Pods, behaviour: Behaviour) -> None:
    """A pod that has resources of its own keeps them, whatever a resize leaves out.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, whose container has 50m and 32Mi.
    Steps:
        1. Patch spec.resources to null.
    Expected:
        - The API refuses in the version's words, or takes the request and leaves the field as it is: clients that don't
          know the field drop it, and must not change the pod by that. Nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start_one(pods, ONE, POD)

    submitted = _merge(pod, {"resources": None})

    _assert_kept(pod, submitted, behaviour)


@pytest.mark.conformance
@pytest.mark.rule("pod_level.limit_removed", "pod_level.limits_come_back")
@pytest.mark.parametrize(
    "limit", [pytest.param("24Mi", id="containers_have_one"), pytest.param(None, id="containers_have_none")]
)
def test_limit_is_taken_away(pods: Pods, behaviour: Behaviour, limit: str | None) -> None:
    """A limit of the pod can't be taken away.

    Preconditions:
        - A running pod with a memory request of 32Mi and a limit of 64Mi, whose container has 24Mi, as a limit too or
          only as a request.
    Steps:
        1. Patch the pod's memory limit to null.
    Expected:
        - The API refuses in the version's words. Where all containers have a limit, newer versions fill the pod's in
          again instead, from theirs.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    container = Resources.of(memory_request="24Mi", memory_limit=limit)
    pod = start_one(pods, container, Resources.of(memory_request="32Mi", memory_limit="64Mi"))

    submitted = _merge(pod, {"resources": {"limits": {"memory": None}}})

    _assert_limit_stays(pod, submitted, behaviour, containers_have_one=limit is not None)


@pytest.mark.nightly
@pytest.mark.rule("pod_level.request_removed")
def test_request_is_taken_away(pods: Pods, behaviour: Behaviour) -> None:
    """A request of the pod can't be taken away.

    Preconditions:
        - A running pod with requests of 50m and 32Mi and no limits, whose container asks for nothing.
    Steps:
        1. Patch the pod's memory request to null.
    Expected:
        - The API refuses in the version's words, and nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start_one(pods, Resources(), REQUESTS)

    submitted = _merge(pod, {"resources": {"requests": {"memory": None}}})

    assert_refused(pod, submitted, message=behaviour.pod_level.request_removed, http_code=422)


@pytest.mark.nightly
@pytest.mark.rule("pod_level.requests_come_back")
def test_request_of_a_pod_with_limits_comes_back(pods: Pods) -> None:
    """A request that a resize takes away from a pod with limits is filled in again, so that nothing changes.

    Preconditions:
        - A running pod with requests of 50m and 32Mi and limits of 100m and 64Mi; its container has the same requests.
    Steps:
        1. Patch the pod's memory request to null.
    Expected:
        - The API takes it and fills the request in from the containers; nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/2837-pod-level-resource-spec
    """
    pod = start_one(
        pods,
        REQUESTS,
        Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="32Mi", memory_limit="64Mi"),
    )

    submitted = _merge(pod, {"resources": {"requests": {"memory": None}}})

    assert_passed_over(pod, submitted)


@pytest.mark.nightly
@pytest.mark.rule("pod_level.other_resources")
@pytest.mark.parametrize("resource", ["hugepages-2Mi", "ephemeral-storage"])
def test_other_resources(pods: Pods, behaviour: Behaviour, resource: str) -> None:
    """Only CPU and memory of a pod can be resized.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, whose container has 50m and 32Mi.
    Steps:
        1. Patch in a request and a limit of another resource, huge pages or ephemeral storage.
    Expected:
        - The API refuses in the version's words, and nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start_one(pods, ONE, POD)

    submitted = _merge(pod, {"resources": {"requests": {resource: "2Mi"}, "limits": {resource: "2Mi"}}})

    assert_refused(pod, submitted, message=behaviour.pod_level.other_resources, http_code=422)


@pytest.mark.nightly
@pytest.mark.rule("pod_level.below_containers")
def test_less_than_the_containers_request(pods: Pods, behaviour: Behaviour) -> None:
    """A pod can't be resized below what its containers request together.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, whose container has 50m and 32Mi.
    Steps:
        1. Patch the pod's CPU to 40m.
    Expected:
        - The API refuses in the version's words, and nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/2837-pod-level-resource-spec
    """
    pod = start_one(pods, ONE, POD)

    submitted = pod.submit({}, pod_level=POD.with_cpu("40m").to_json())

    assert_refused(pod, submitted, message=behaviour.pod_level.below_containers, http_code=422)


@pytest.mark.nightly
@pytest.mark.rule("qos_change.message", "qos_change.http_code")
def test_qos_class(pods: Pods) -> None:
    """A resize of the pod's own values may not change its QoS class.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, whose container has 50m and 32Mi.
    Steps:
        1. Patch the pod's CPU request to 80m, below its limit.
    Expected:
        - The API refuses in the version's words, and nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start_one(pods, ONE, POD)

    submitted = pod.submit({}, pod_level={"requests": {"cpu": "80m"}})

    assert_qos_change_refused(pod, submitted)


@pytest.mark.nightly
@pytest.mark.rule("over_capacity.answer", "over_capacity.message", "over_capacity.cause")
def test_more_than_the_node_has(pods: Pods) -> None:
    """A pod's own CPU can't be resized to more than the node has.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, whose container has 50m and 32Mi.
    Steps:
        1. Patch the pod's CPU to 1000.
    Expected:
        - The version's answer, and nothing else: the pod is neither touched nor moved.

    https://github.com/kubernetes/kubernetes/pull/136043
    """
    pod = start_one(pods, ONE, POD)

    submitted = pod.submit({}, pod_level=POD.with_cpu("1000").to_json())

    assert_over_capacity(pod, submitted)


def assert_passed_over(pod: ResizablePod, submitted: Submitted) -> None:
    """Check that the API took a request, and that nothing came of it."""
    __tracebackhide__ = True
    assert submitted.error is None, submitted.error
    pod.unchanged()


def _assert_kept(pod: ResizablePod, submitted: Submitted, behaviour: Behaviour) -> None:
    """Check the answer to the whole field's being taken away: the version's refusal, or that it is passed over."""
    __tracebackhide__ = True
    if behaviour.pod_level.whole_removed is None:
        assert_passed_over(pod, submitted)
    else:
        assert_refused(pod, submitted, message=behaviour.pod_level.whole_removed, http_code=422)


def _assert_limit_stays(
    pod: ResizablePod, submitted: Submitted, behaviour: Behaviour, *, containers_have_one: bool
) -> None:
    """Check the answer to a limit's being taken away: the version's refusal, or a limit made of the containers'."""
    __tracebackhide__ = True
    if containers_have_one and behaviour.pod_level.limits_come_back:
        pod.wanted_pod_level = Resources.of(memory_request="32Mi", memory_limit="32Mi")
        assert submitted.error is None, submitted.error
        pod.settle()
    else:
        assert_refused(pod, submitted, message=behaviour.pod_level.limit_removed, http_code=422)


def _merge(pod: ResizablePod, spec: Mapping[str, Any]) -> Submitted:
    """Send a JSON merge patch, in which null takes a field away; what it asks for instead is the case's to say."""
    api: KubeApi = pod.api
    return pod.request(
        {},
        lambda: api.patch(pod.resize_path, {"spec": spec}, content_type="application/merge-patch+json"),
        pod_level=pod.wanted_pod_level,
    )
