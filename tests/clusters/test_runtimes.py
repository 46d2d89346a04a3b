from __future__ import annotations

import pytest

from clusters.components.errors import ComponentError
from clusters.components.runtimes import parse_runtimes
from clusters.runtimes import Runtime, shortcomings
from clusters.variants import ClusterKey, Platform
from clusters.versions import KubeVersion

HOST = Platform("host", "v1")


@pytest.mark.parametrize(
    ("containerd", "oci_runtime", "labels"),
    [
        ("auto", "auto", [""]),
        ("2.4.2", "runc@1.5.2", [""]),
        ("1.6.8", "auto", ["containerd 1.6.8"]),
        ("1.6, v1.7.29", "runc", ["containerd 1.6.38", "containerd 1.7.29"]),
        ("auto", "runc,runc@1.3.1,crun", ["", "runc 1.3.1", "crun"]),
        ("2.4,1.7", "crun", ["crun", "containerd 1.7.29 crun"]),
    ],
)
def test_labels_name_what_differs_from_the_usual_runtime(containerd: str, oci_runtime: str, labels: list[str]) -> None:
    assert [runtime.label for runtime in parse_runtimes(containerd, oci_runtime)] == labels


@pytest.mark.parametrize(
    ("containerd", "oci_runtime", "message"),
    [
        ("1.5", "auto", r"--containerd 1\.5: .*known: 1\.6\.8"),
        ("auto", "runc@9", r"--oci-runtime 9: .*known: 1\.1\.15"),
        ("auto", "crun@1.8", r"--oci-runtime crun@1\.8: write runc, runc@VERSION or crun"),
        ("auto", "youki", "--oci-runtime youki: write"),
    ],
)
def test_what_is_not_known_is_refused(containerd: str, oci_runtime: str, message: str) -> None:
    with pytest.raises(ComponentError, match=message):
        parse_runtimes(containerd, oci_runtime)


def test_what_a_runtime_asks_for() -> None:
    assert (Runtime().versions, Runtime().oci_name) == ({}, "runc")
    assert Runtime("1.6.8", "runc 1.3.1").versions == {"containerd": "1.6.8", "runc": "1.3.1"}
    assert (Runtime("", "crun").versions, Runtime("", "crun").oci_name) == ({}, "crun")


def test_clusters_are_called_by_their_runtime() -> None:
    key = ClusterKey(KubeVersion(1, 30, 14), HOST, "gate-off", Runtime("1.6.8", "crun"))
    assert key.standard_label == "1.30.14 host v1 containerd 1.6.8 crun"
    assert key.label == "1.30.14 host v1 containerd 1.6.8 crun gate-off"
    assert ClusterKey.from_json(key.to_json()) == key
    assert ClusterKey(KubeVersion(1, 30, 14), HOST).label == "1.30.14 host v1"


def test_a_runtime_that_is_too_old_is_warned_of() -> None:
    assert "containerd 1.6.8 is too old for resizing: 1.6.9" in Runtime("1.6.8").warning
    assert [Runtime(version).warning for version in ("", "1.6.38", "2.0.0")] == ["", "", ""]
    assert shortcomings({"containerd": "unknown (from DIR)"}) == shortcomings({"cri-o": "1.0.0"}) == {}
