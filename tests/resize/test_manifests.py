from __future__ import annotations

from resize.features import RESIZE_GATE, enabled_features
from resize.manifests import CONTAINER, SEED_STRESS, container, pod
from resize.resources import Resources

RESOURCES = Resources.guaranteed(cpu="100m", memory="150M")


def test_stress_container_is_the_seeds() -> None:
    made = container(CONTAINER, "stress:1", RESOURCES)
    assert made == {
        "name": "stress",
        "image": "stress:1",
        "imagePullPolicy": "IfNotPresent",
        "resources": {
            "requests": {"cpu": "100m", "memory": "150M"},
            "limits": {"cpu": "100m", "memory": "150M"},
        },
        "args": list(SEED_STRESS),
    }


def test_script_ends_at_once_when_asked_to() -> None:
    made = container("c", "i", RESOURCES, script="sleep 9")
    assert made["command"] == ["/bin/sh", "-c", "trap 'exit 0' TERM; sleep 9"]
    assert "args" not in made


def test_resize_policy() -> None:
    made = container("c", "i", RESOURCES, args=["--cpu", "1"], resize_policy={"cpu": "NotRequired"})
    assert made["resizePolicy"] == [{"resourceName": "cpu", "restartPolicy": "NotRequired"}]
    assert made["args"] == ["--cpu", "1"]


def test_pod_holds_no_credentials_and_ends_at_once() -> None:
    made = pod("p", [container("c", "i", RESOURCES)], labels={"app": "p"}, restart_policy="Never")
    assert made["metadata"] == {"name": "p", "labels": {"app": "p"}}
    spec = made["spec"]
    assert (spec["restartPolicy"], spec["terminationGracePeriodSeconds"]) == ("Never", 0)
    assert spec["automountServiceAccountToken"] is False
    assert [c["name"] for c in spec["containers"]] == ["c"]


def test_features_by_a_components_own_word() -> None:
    metrics = """\
# HELP kubernetes_feature_enabled [BETA] This metric records the data about the stage and enablement of a k8s feature.
# TYPE kubernetes_feature_enabled gauge
kubernetes_feature_enabled{name="InPlacePodVerticalScaling",stage=""} 1
kubernetes_feature_enabled{name="InPlacePodVerticalScalingExclusiveCPUs",stage="ALPHA"} 0
kubernetes_build_info{major="1"} 1
"""
    assert enabled_features(metrics) == {RESIZE_GATE: True, "InPlacePodVerticalScalingExclusiveCPUs": False}
    assert enabled_features("") == {}
