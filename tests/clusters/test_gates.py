from __future__ import annotations

import pytest

from clusters.components.pins import resolve_version
from clusters.gates import common_gates, component_gates, has_feature
from clusters.variants import ClusterKey, Platform
from clusters.versions import KubeVersion
from resize.features import RESIZE_GATE

OFF, ON = {RESIZE_GATE: False}, {RESIZE_GATE: True}
ALL_BUT_KUBELET = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
ALL_BUT_APISERVER = ("kube-controller-manager", "kube-scheduler", "kubelet")


def key(version: str, variant: str) -> ClusterKey:
    return ClusterKey(resolve_version(KubeVersion.parse(version)), Platform("host", "v1"), variant)


@pytest.mark.parametrize("version", ["1.27", "1.30", "1.33", "1.37"])
def test_most_clusters_have_the_same_gates_everywhere(version: str) -> None:
    assert component_gates(key(version, "standard")) == component_gates(key(version, "gate-off")) == {}


@pytest.mark.parametrize("version", ["1.27", "1.31", "1.33"])
def test_the_gate_can_be_off_before_it_is_locked(version: str) -> None:
    assert common_gates(key(version, "gate-off")) == OFF


@pytest.mark.parametrize(
    ("version", "variant", "found"),
    [
        (
            "1.30",
            "gate-on-kubelet-only",
            dict.fromkeys(ALL_BUT_KUBELET, OFF),
        ),
        (
            "1.30",
            "gate-on-apiserver-only",
            dict.fromkeys(ALL_BUT_APISERVER, OFF),
        ),
        (
            "1.33",
            "gate-on-apiserver-only",
            dict.fromkeys(ALL_BUT_APISERVER, OFF),
        ),
        # An older kubelet gets the gates that it knows, if its cluster's people had to ask for the feature at all.
        ("1.32", "kubelet-1-older", {"kubelet": ON}),
        ("1.33", "kubelet-1-older", {}),
    ],
)
def test_single_components_may_have_others(version: str, variant: str, found: dict[str, dict[str, bool]]) -> None:
    assert component_gates(key(version, variant)) == found


@pytest.mark.parametrize(
    ("version", "variant", "can"),
    [
        ("1.30", "standard", True),
        ("1.30", "gate-off", False),
        ("1.30", "gate-on-apiserver-only", False),
        ("1.30", "gate-on-kubelet-only", True),
        ("1.33", "gate-on-apiserver-only", False),
        ("1.32", "kubelet-3-older", True),
        ("1.33", "kubelet-1-older", False),
        ("1.34", "kubelet-1-older", True),
        ("1.35", "kubelet-3-older", False),
        ("1.37", "kubelet-3-older", True),
    ],
)
def test_which_kubelets_can_resize(version: str, variant: str, can: bool) -> None:
    assert has_feature(key(version, variant), "kubelet") is can


def test_variant_with_an_alpha_gate_has_it_everywhere() -> None:
    volumes = key("1.37", "memory-volumes")
    assert common_gates(volumes) == {"InPlacePodVerticalScalingMemoryBackedVolumes": True}
    assert component_gates(volumes) == {}


@pytest.mark.parametrize(
    ("version", "variant", "has"),
    [
        ("1.30", "standard", True),
        ("1.30", "gate-off", False),
        ("1.30", "gate-on-apiserver-only", True),
        ("1.33", "gate-on-kubelet-only", False),
        ("1.35", "kubelet-3-older", True),
    ],
)
def test_which_api_servers_take_a_resize(version: str, variant: str, has: bool) -> None:
    assert has_feature(key(version, variant), "kube-apiserver") is has
