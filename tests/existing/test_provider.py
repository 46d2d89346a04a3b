from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clusters.components.images import STRESS_REFERENCE
from clusters.components.resolver import ComponentResolver
from clusters.contract import NO_NODE_ACCESS, ClusterError, ClusterRequest, NoNodeAccessError
from clusters.existing import nodeaccess
from clusters.existing import provider as module
from clusters.existing.node import HiddenNode, PodNode
from clusters.existing.ours import NAMESPACE, labels
from clusters.existing.provider import PUBLIC_IMAGE, ExistingProvider
from clusters.progress import Progress
from clusters.versions import KubeVersion
from tests.existing.fake_cluster import NODE, node

if TYPE_CHECKING:
    from tests.existing.fake_cluster import FakeCluster

REQUEST = ClusterRequest(kube_version=KubeVersion.parse("1.37.2"), name="run", log_directory=Path("/nowhere"))
CASE = "/api/v1/namespaces/resize-1"


def made(kubeconfig: Path, run_id: str = "run", **options: Any) -> ExistingProvider:
    options = {"node_access": False, "stress_image": None, **options}
    return ExistingProvider(kubeconfig, None, run_id=run_id, resolver=ComponentResolver(progress=Progress()), **options)


def create(provider: ExistingProvider) -> Any:
    return provider.create(REQUEST, Progress())


@pytest.fixture(autouse=True)
def kubectl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")


def test_a_run_without_node_access(fake: FakeCluster, kubeconfig: Path, state: Path) -> None:
    provider = made(kubeconfig)
    assert fake.asked == []
    record = create(provider)
    assert (record.kube_version, record.cgroup_version, record.node) == ("1.37.2", "v2", "existing")
    assert record.cpu_milli == 800
    assert record.facts[NO_NODE_ACCESS] == "--node-access pod was not given"
    assert record.components == {"kubelet": "1.37.2", "containerd": "2.4.2"}
    assert (record.stress_image, record.kubectl) == (PUBLIC_IMAGE, "/usr/bin/kubectl")
    assert Path(record.kubeconfig).is_relative_to(state)
    (hidden,) = made(kubeconfig).nodes(record)
    assert isinstance(hidden, HiddenNode)
    assert fake.paths("daemonsets") == []
    fake.objects[CASE] = {"metadata": {"name": "resize-1", "labels": labels("run")}, "status": {}}
    provider.destroy(record, keep=True)
    assert fake.paths("namespaces") == []
    assert list((state / "existing").iterdir()) == []
    # Once more does no harm.
    provider.destroy(record)


def test_a_run_with_node_access(
    fake: FakeCluster, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.objects[NODE] = node(images=[STRESS_REFERENCE])
    fake.add_node(node("node-2", images=[STRESS_REFERENCE]))
    monkeypatch.setattr(nodeaccess, "deploy", lambda api, run, image, names: {name: f"/pods/{name}" for name in names})
    monkeypatch.setattr(module, "detect_cgroup_version", lambda node: "v1" if node.name == "node-1" else "v2")
    monkeypatch.setattr(PodNode, "run", lambda self, arguments: "runc version 1.5.2\nspec: 1.3.0\n")
    provider = made(kubeconfig, node_access=True)
    record = create(provider)
    assert "starting a privileged pod on node-1, node-2 to read cgroup files" in capsys.readouterr().err
    assert NO_NODE_ACCESS not in record.facts
    # They differ, so the kubelets' word stands.
    assert record.cgroup_version == "v2"
    assert record.components["runc"] == "1.5.2"
    assert record.stress_image == STRESS_REFERENCE
    assert record.private["nodes"][1] == {
        "name": "node-2",
        "pod_path": "/pods/node-2",
        "socket": "/run/k3s/containerd/containerd.sock",
    }
    assert [type(entry) for entry in provider.nodes(record)] == [PodNode, PodNode]
    provider.destroy(record)


def test_a_failed_start_leaves_nothing(
    fake: FakeCluster, kubeconfig: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ClusterError("violates PodSecurity")

    monkeypatch.setattr(nodeaccess, "deploy", refuse)
    with pytest.raises(ClusterError, match="violates PodSecurity"):
        create(made(kubeconfig, node_access=True))
    assert fake.paths("namespaces") == []
    assert list((state / "existing").iterdir()) == []


def test_what_a_start_could_not_remove_is_told(
    fake: FakeCluster, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        fake.refuse(f"/api/v1/namespaces/{NAMESPACE}")
        raise ClusterError("violates PodSecurity")

    monkeypatch.setattr(nodeaccess, "deploy", refuse)
    with pytest.raises(ClusterError, match=r"violates PodSecurity\nsomething of run run may be left .*clusters sweep"):
        create(made(kubeconfig, node_access=True))


def test_rights_for_nodes_are_asked_before_anything_is_made(fake: FakeCluster, kubeconfig: Path) -> None:
    fake.denied = {("create", "pods/exec")}
    with pytest.raises(ClusterError, match=r"--node-access pod: this user may not create pods/exec"):
        create(made(kubeconfig, node_access=True))
    fake.denied = {("create", "namespaces")}
    with pytest.raises(ClusterError, match="lacks what the run needs"):
        create(made(kubeconfig))
    assert fake.paths("namespaces") == []


def test_a_second_run_is_refused_and_the_first_is_left_alone(fake: FakeCluster, kubeconfig: Path) -> None:
    first = made(kubeconfig)
    record = create(first)
    fake.objects[CASE] = {"metadata": {"name": "resize-1", "labels": labels("run")}, "status": {}}
    with pytest.raises(ClusterError, match="another run uses this cluster: run of"):
        create(made(kubeconfig, "second"))
    assert CASE in fake.objects
    assert len(fake.paths("leases")) == 1
    first.destroy(record)
    second = made(kubeconfig, "second")
    second.destroy(create(second))


def test_metrics(fake: FakeCluster, kubeconfig: Path) -> None:
    provider = made(kubeconfig, stress_image="mine:1")
    record = create(provider)
    assert record.stress_image == "mine:1"
    assert "InPlacePodVerticalScaling" in provider.component_metrics(record, "kube-apiserver")
    assert "kubelet_cgroup_version" in provider.component_metrics(record, "kubelet")
    with pytest.raises(NoNodeAccessError, match="kube-scheduler serves its metrics to its own machine alone"):
        provider.component_metrics(record, "kube-scheduler")
    fake.refuse("/metrics")
    with pytest.raises(NoNodeAccessError, match="this user may not get /metrics"):
        provider.component_metrics(record, "kube-apiserver")
    fake.refuse("/metrics", 500)
    with pytest.raises(ClusterError, match="can't be asked"):
        provider.component_metrics(record, "kube-apiserver")
    with pytest.raises(NoNodeAccessError, match="tells of others' pods too"):
        provider.kubelet_log(record, "node-1", 0)
    provider.destroy(record)


def test_faults(fake: FakeCluster, kubeconfig: Path) -> None:
    provider = made(kubeconfig)
    record = create(provider)
    assert provider.faults(record) == []
    fake.objects[NODE]["status"]["conditions"][0] |= {"status": "False", "message": "PLEG is not healthy"}
    assert provider.faults(record) == ["node node-1 is not Ready: PLEG is not healthy"]
    fake.refuse(NODE, 500)
    assert "the cluster's nodes can't be looked at" in provider.faults(record)[0]
    provider.destroy(record)
