"""A resize can't change the pod's QoS class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_qos_change_refused
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.pod import ResizablePod


@pytest.mark.smoke
@pytest.mark.rule("qos_change.message", "qos_change.http_code", "qos_change.field")
def test_limits_only_patch_of_a_guaranteed_pod(stress_pod: ResizablePod) -> None:
    """A patch of the limits alone, which would make a Guaranteed pod Burstable, is refused.

    Preconditions:
        - A running Guaranteed pod with 100m and 150M.
    Steps:
        1. Patch the limits, and only them, to 300m and 250M.
    Expected:
        - The API refuses in the version's words.
        - Spec, status and cgroups stay as they were.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#api-changes
    """
    submitted = stress_pod.submit({"stress": {"limits": {"cpu": "300m", "memory": "250M"}}})

    assert_qos_change_refused(stress_pod, submitted)


@pytest.mark.conformance
@pytest.mark.rule("qos_change.message", "qos_change.http_code")
@pytest.mark.upstream("invalid/burstable-requests-equal-limits")
def test_burstable_pod_made_guaranteed(pods: Pods) -> None:
    """A patch that makes a Burstable pod's requests equal to its limits is refused.

    Preconditions:
        - A running Burstable pod: 50m of 100m, 64Mi of 128Mi.
    Steps:
        1. Patch the requests to 100m and 128Mi.
    Expected:
        - The API refuses in the version's words, and nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#api-changes
    """
    burstable = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="128Mi")
    pod = pods.start("burstable", burstable, script=IDLE_SCRIPT)

    submitted = pod.submit({"stress": {"requests": {"cpu": "100m", "memory": "128Mi"}}})

    assert_qos_change_refused(pod, submitted)
