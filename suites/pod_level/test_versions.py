"""Versions that don't know pod-level resources, or can't resize pods that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from resize.answers import assert_refused
from resize.manifests import CONTAINER
from resize.resources import Resources
from suites.pod_level.pods import start_one

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.behaviour import Behaviour

ONE = Resources.guaranteed(cpu="50m", memory="32Mi")
POD = Resources.guaranteed(cpu="100m", memory="64Mi")


@pytest.mark.nightly
@pytest.mark.max_kube_version("1.33")
@pytest.mark.rule("pod_level.kept")
def test_field_is_left_out(pods: Pods) -> None:
    """A version that does not know pod-level resources leaves them out, and resizes the pod by its containers' values.

    Preconditions:
        - None.
    Steps:
        1. Create a pod with 100m and 64Mi of its own, whose container has 50m and 32Mi.
        2. Patch the container's CPU to 80m, and spec.resources to 200m.
    Expected:
        - The pod has no spec.resources, before and after. The whole chain agrees on the container's values, which the
          pod's cgroup has too: who writes pod-level resources for such a version must know that nothing holds.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/2837-pod-level-resource-spec
    """
    pod = start_one(pods, ONE, POD)
    assert pod.wanted_pod_level is None, pod.wanted_pod_level

    pod.submit({CONTAINER: ONE.with_cpu("80m").to_json()}, pod_level=POD.with_cpu("200m").to_json())
    pod.wanted_pod_level = None

    pod.settle()


@pytest.mark.conformance
@pytest.mark.cgroup("v2")
@pytest.mark.min_kube_version("1.32")
@pytest.mark.max_kube_version("1.35")
@pytest.mark.feature_gate("PodLevelResources")
@pytest.mark.rule("pod_level.kept", "pod_level.refused")
@pytest.mark.parametrize(
    ("of_containers", "of_the_pod"),
    [
        pytest.param({}, POD.with_cpu("150m").to_json(), id="pod"),
        pytest.param({CONTAINER: ONE.with_cpu("80m").to_json()}, None, id="container"),
    ],
)
def test_resize_is_refused(
    pods: Pods, behaviour: Behaviour, of_containers: dict[str, Any], of_the_pod: dict[str, Any] | None
) -> None:
    """A pod with resources of its own can't be resized at all, not even one of its containers.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, whose container has 50m and 32Mi.
    Steps:
        1. Patch the pod's CPU to 150m, or the container's to 80m.
    Expected:
        - The API refuses in the version's words, and nothing changes anywhere: the pod's cgroup has the pod's values.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start_one(pods, ONE, POD)
    assert pod.wanted_pod_level == POD, pod.wanted_pod_level

    submitted = pod.submit(of_containers, pod_level=of_the_pod)

    assert_refused(pod, submitted, message=behaviour.pod_level.refused, http_code=422)
