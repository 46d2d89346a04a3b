"""The gate on only some of the components, which is what people have who read half of the instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_refused
from resize.incapable import assert_not_in_place
from resize.resources import Resources

if TYPE_CHECKING:
    from resize.pod import ResizablePod


@pytest.mark.conformance
@pytest.mark.variant("gate-on-apiserver-only")
@pytest.mark.max_kube_version("1.34")
@pytest.mark.rule("incapable_node.answer", "incapable_node.message", "incapable_node.http_code")
def test_gate_on_the_api_server_only(idle_pod: ResizablePod) -> None:
    """With the gate on the API server alone a resize is refused or, by older versions, ignored, or done by a restart.

    Preconditions:
        - A cluster whose API server alone runs with the gate on, which versions from 1.35 on don't allow.
        - A running Guaranteed pod with 100m and 64Mi, none of whose resources asks for a restart.
    Steps:
        1. Patch requests and limits to 50m.
    Expected:
        - From 1.32 on the API refuses, as the node does not support it, and nothing changes anywhere.
        - 1.31 accepts, and nothing else happens, ever: neither an answer nor a resize.
        - Before, the API accepts, and the kubelet restarts the container at once with the new limits: the pod's cgroup
          stays as it was, and the status tells of no resize. Who asked for a resize in place loses the container's
          state, and who asks for more gets a container that can't start.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#version-skew-strategy
    """
    assert_not_in_place(idle_pod, Resources.guaranteed(cpu="50m", memory="64Mi"))


@pytest.mark.conformance
@pytest.mark.variant("gate-on-kubelet-only")
@pytest.mark.max_kube_version("1.34")
@pytest.mark.rule(
    "submit.refused_without_gate", "submit.refused_without_gate_http_code", "status.resources_without_gate"
)
def test_gate_on_the_kubelet_only(idle_pod: ResizablePod) -> None:
    """With the gate on the kubelet alone the API refuses a change of resources.

    Preconditions:
        - A cluster whose kubelets alone run with the gate on, which versions from 1.35 on don't allow.
        - A running Guaranteed pod with 100m and 64Mi. Before 1.33 its status shows its resources, as if it could be
          resized: what looks at the status for whether a cluster has the feature is led astray.
    Steps:
        1. Patch requests and limits to 200m.
    Expected:
        - The API refuses in the version's words, and nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#version-skew-strategy
    """
    submitted = idle_pod.submit({"stress": Resources.guaranteed(cpu="200m", memory="64Mi").to_json()})

    right = idle_pod.behaviour.submit
    assert_refused(
        idle_pod, submitted, message=right.refused_without_gate, http_code=right.refused_without_gate_http_code
    )
