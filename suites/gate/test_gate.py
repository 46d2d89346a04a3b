"""Whether the feature is really on, by each component's own word, and what happens where it is off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_refused
from resize.features import RESIZE_GATE, feature_stages
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.live import LiveCluster
    from resize.behaviour import Behaviour
    from resize.pod import ResizablePod


@pytest.mark.smoke
@pytest.mark.parametrize("component", ["kube-apiserver", "kubelet", "kube-scheduler"])
@pytest.mark.rule("release.gates")
def test_component_reports_the_gate_on(cluster: LiveCluster, component: str) -> None:
    """Each component that takes part in a resize reports the gate InPlacePodVerticalScaling as on.

    Preconditions:
        - A cluster that was started with the gates that its version needs.
    Steps:
        1. Read the component's metric kubernetes_feature_enabled.
    Expected:
        - The gate is listed with the value 1.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#feature-enablement-and-rollback
    """
    features = cluster.features(component)

    assert features.get(RESIZE_GATE) is True, f"{component} reports {RESIZE_GATE} as {features.get(RESIZE_GATE)}"


@pytest.mark.conformance
@pytest.mark.rule("release.stage")
def test_stage_is_the_versions(cluster: LiveCluster, behaviour: Behaviour) -> None:
    """The API server reports the stage of InPlacePodVerticalScaling that the version is known for.

    Preconditions:
        - A cluster.
    Steps:
        1. Read the API server's metric kubernetes_feature_enabled.
    Expected:
        - The gate is alpha up to 1.32, beta in 1.33 and 1.34, and since 1.35 has no stage, which means GA.

    A user cares because an alpha must be turned on by whoever runs the cluster, and may change without notice.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#graduation-criteria
    """
    stages = feature_stages(cluster.provider.component_metrics(cluster.record, "kube-apiserver"))

    assert stages.get(RESIZE_GATE) == behaviour.release.stage


@pytest.mark.conformance
@pytest.mark.variant("gate-off")
@pytest.mark.max_kube_version("1.34")
@pytest.mark.rule("submit.refused_without_gate", "submit.refused_without_gate_http_code")
def test_resize_is_refused_without_the_gate(idle_pod: ResizablePod) -> None:
    """Without the gate the API refuses a change of resources.

    Preconditions:
        - A cluster whose components run with the gate off, which versions from 1.35 on don't allow.
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch requests and limits to 200m.
    Expected:
        - The API refuses in the version's words, and nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#feature-enablement-and-rollback
    """
    submitted = idle_pod.submit({"stress": Resources.guaranteed(cpu="200m", memory="64Mi").to_json()})

    right = idle_pod.behaviour.submit
    assert_refused(
        idle_pod, submitted, message=right.refused_without_gate, http_code=right.refused_without_gate_http_code
    )
