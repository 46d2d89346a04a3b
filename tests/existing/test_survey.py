from __future__ import annotations

import io
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from clusters.__main__ import main
from clusters.contract import ClusterError
from clusters.doctor.cluster_report import report
from clusters.existing.survey import Survey, require_support, survey
from tests.existing.fake_cluster import GATE, NODE, node

if TYPE_CHECKING:
    from clusters.requirement import Requirement
    from tests.existing.fake_cluster import FakeCluster


def layer(found: Survey, name: str) -> Requirement:
    (only,) = [entry for entry in found.layers if entry.name == name]
    return only


def test_all_is_well(fake: FakeCluster, kubeconfig: Path) -> None:
    found = survey(kubeconfig, None)
    notes = [entry.name for entry in found.layers if not entry.ok]
    assert notes == ["stress image"]
    assert found.verdict == "Kubernetes 1.37.2: in-place resize works here"
    assert (str(found.kube_version), found.cgroup_version, found.supported) == ("1.37.2", "v2", True)
    assert [entry.name for entry in found.nodes] == ["node-1"]
    require_support(found)
    # Nothing but questions: a review is one too.
    assert {method for method, path in fake.asked if "selfsubject" not in path} == {"GET"}


def test_gate_off(fake: FakeCluster, kubeconfig: Path) -> None:
    fake.answer("/version", {"gitVersion": "v1.32.1"})
    fake.answer("/api/v1", {"resources": [{"name": "pods"}]})
    fake.answer("/metrics", GATE.replace(" 1\n", " 0\n"))
    found = survey(kubeconfig, None)
    assert not found.supported
    assert found.verdict.startswith(
        "Kubernetes 1.32.1: in-place resize can't be used here: pods/resize: the API server does not serve it"
    )
    with pytest.raises(ClusterError, match=r"API server's gate: InPlacePodVerticalScaling is off: kube-apiserver, "):
        require_support(found)


def test_gate_off_on_a_kubelet_alone(fake: FakeCluster, kubeconfig: Path) -> None:
    fake.add_node(node("node-2"))
    fake.answer("/api/v1/nodes/node-2/proxy/metrics", GATE.replace(" 1\n", " 0\n"))
    found = survey(kubeconfig, None)
    assert layer(found, "kubelets' gate").detail == "InPlacePodVerticalScaling is off on node-2"
    assert not found.supported


def test_up_to_1_31_the_pod_itself_is_patched(fake: FakeCluster, kubeconfig: Path) -> None:
    fake.answer("/version", {"gitVersion": "v1.30.14"})
    fake.answer("/api/v1", {"resources": []})
    assert layer(survey(kubeconfig, None), "pods/resize").ok


def test_versions_without_the_feature(fake: FakeCluster, kubeconfig: Path) -> None:
    fake.answer("/version", {"gitVersion": "v1.26.3"})
    found = survey(kubeconfig, None)
    assert "has no in-place pod resize" in layer(found, "version").detail
    assert not found.supported


def test_old_runtimes_and_kubelets(fake: FakeCluster, kubeconfig: Path) -> None:
    fake.add_node(node("node-2", info={"containerRuntimeVersion": "containerd://1.6.8", "kubeletVersion": "v1.36.0"}))
    found = survey(kubeconfig, None)
    assert "older than containerd 1.6.9" in layer(found, "runtime").detail
    assert "1.37.2 on node-1; 1.36.0 on node-2" in layer(found, "kubelets").detail
    fake.add_node(node("node-2", info={"containerRuntimeVersion": "cri-o://1.37.0", "kubeletVersion": "v1.26.0"}))
    found = survey(kubeconfig, None)
    assert not layer(found, "runtime").blocks
    assert layer(found, "kubelets").blocks


def test_settings_that_make_nodes_refuse(fake: FakeCluster, kubeconfig: Path) -> None:
    settings = {"memorySwap": {"swapBehavior": "LimitedSwap"}, "cpuManagerPolicy": "static", "cpuCFSQuota": False}
    fake.answer(f"{NODE}/proxy/configz", {"kubeletconfig": settings})
    found = survey(kubeconfig, None)
    assert "can't change their memory" in layer(found, "swap").detail
    assert "CPU static" in layer(found, "managers").detail
    assert "no CPU limits are set on node-1" in layer(found, "cgroups").detail
    assert found.supported


def test_no_node_takes_pods(fake: FakeCluster, kubeconfig: Path) -> None:
    fake.objects[NODE] = node(spec={"unschedulable": True})
    assert "0 of 1 take ordinary pods (node-1 is cordoned)" in layer(survey(kubeconfig, None), "nodes").detail
    fake.objects[NODE] = node()
    fake.objects["/api/v1/namespaces/n/pods/big"] = {
        "metadata": {"name": "big"},
        "spec": {"nodeName": "node-1", "containers": [{"name": "c", "resources": {"requests": {"cpu": "1900m"}}}]},
        "status": {"phase": "Running"},
    }
    found = survey(kubeconfig, None)
    assert "the emptiest, node-1, has 100m free" in layer(found, "nodes").detail
    assert not found.supported


def test_webhooks_and_metrics_are_notes(fake: FakeCluster, kubeconfig: Path) -> None:
    rules = [{"apiGroups": [""], "operations": ["UPDATE"], "resources": ["pods"]}]
    webhook = {"metadata": {"name": "guard"}, "webhooks": [{"rules": rules}]}
    fake.answer("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", {"items": [webhook]})
    fake.refuse("/apis/metrics.k8s.io/v1beta1", 503)
    found = survey(kubeconfig, None)
    assert "guard see updates of pods" in layer(found, "admission").detail
    assert "does not answer" in layer(found, "metrics API").detail
    assert found.supported


def test_too_few_rights_to_look_are_not_known_and_to_run_are_missing(fake: FakeCluster, kubeconfig: Path) -> None:
    for path in ("/metrics", f"{NODE}/proxy/configz", f"{NODE}/proxy/metrics"):
        fake.refuse(path)
    fake.refuse("/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies")
    fake.denied = {("get", "/metrics"), ("get", "nodes/proxy"), ("create", "pods/exec")}
    found = survey(kubeconfig, None)
    assert found.supported
    unknown = "API server's gate, kubelets' gate, cgroups, swap, managers, admission"
    assert found.verdict.endswith(f"works here, as far as can be seen (not known: {unknown})")
    assert found.cgroup_version == ""
    assert found.lacking == {
        "run": [],
        "look": ["get /metrics", "get nodes/proxy"],
        "node access": ["create pods/exec"],
    }
    fake.denied.add(("patch", "pods/resize"))
    found = survey(kubeconfig, None)
    assert layer(found, "rights to run cases").detail == "this user may not patch pods/resize"
    assert not found.supported


def test_a_cluster_that_is_not_there_or_knows_nobody(fake: FakeCluster, kubeconfig: Path, tmp_path: Path) -> None:
    fake.refuse("/version", 401)
    with pytest.raises(ClusterError, match=r"does not answer this user .*: log in again"):
        survey(kubeconfig, None)
    with pytest.raises(ClusterError, match=r"no such context|can't be used"):
        survey(kubeconfig, "other")
    with pytest.raises(ClusterError, match="can't be used"):
        survey(tmp_path / "missing", None)
    text = kubeconfig.read_text().replace(str(fake.port), "1")
    kubeconfig.write_text(text)
    begun = time.monotonic()
    with pytest.raises(ClusterError, match=r"the cluster at http://127.0.0.1:1 can't be reached"):
        survey(kubeconfig, None)
    assert time.monotonic() - begun < 10


def test_kubeconfig_is_kubectls_by_default(
    fake: FakeCluster, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", f"/nowhere:{kubeconfig}")
    assert survey(None, "c").supported


def test_the_report_has_a_line_a_layer_and_the_verdict(fake: FakeCluster, kubeconfig: Path) -> None:
    fake.denied = {("patch", "pods/resize")}
    console = Console(file=io.StringIO(), width=200)
    with console.capture() as capture:
        assert report(survey(kubeconfig, None), console) == 1
    lines = capture.get().splitlines()
    assert lines[0] == f"the cluster at http://127.0.0.1:{fake.port}"
    assert any(line.startswith("  ok       version ") for line in lines)
    assert any(line.startswith("  missing  rights to run cases ") for line in lines)
    assert any("-> docs/rbac.yaml grants" in line for line in lines)
    assert any(line.startswith("  note     stress image ") for line in lines)
    assert lines[-1].endswith("rights to run cases: this user may not patch pods/resize.")


def test_the_command(fake: FakeCluster, kubeconfig: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--kubeconfig", str(kubeconfig)]) == 0
    assert "in-place resize works here." in capsys.readouterr().out
    assert main(["doctor", "--kubeconfig", str(kubeconfig), "--context", "other"]) == 1
    assert "other" in capsys.readouterr().err
