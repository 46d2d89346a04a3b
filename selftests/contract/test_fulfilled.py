"""What a cluster is good for once it is up, whoever made it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from clusters.contract import ClusterError, NoNodeAccessError
from clusters.progress import Progress
from resize.cgroup import CgroupReader
from resize.features import RESIZE_GATE, enabled_features
from resize.kubectl import Kubectl
from resize.locate import locate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selftests.contract.conftest import Up

pytestmark = pytest.mark.timeout(300)


@contextmanager
def out_of_reach() -> Iterator[None]:
    """What a provider can't look at, it says so."""
    try:
        yield
    except NoNodeAccessError as error:
        pytest.skip(str(error))


def container_id(up: Up) -> str:
    """Of the pod's only container, without the runtime's name."""
    return str(up.pod["status"]["containerStatuses"][0]["containerID"]).partition("://")[2]


def test_record_tells_what_is_there(up: Up) -> None:
    record = up.record
    assert (record.provider, record.kube_version, record.node) == (up.asked.name, up.asked.version, up.asked.node)
    assert record.cgroup_version in {"v1", "v2"}
    assert {"kubelet", "containerd", "runc"} <= set(record.components)
    assert all(seconds >= 0 for seconds in record.phases_s.values())
    assert len(up.provider.nodes(record)) == up.asked.nodes


@pytest.mark.parametrize("component", ["kube-apiserver", "kube-scheduler", "kube-controller-manager", "kubelet"])
def test_every_component_runs_with_the_gate(up: Up, component: str) -> None:
    with out_of_reach():
        assert enabled_features(up.provider.component_metrics(up.record, component))[RESIZE_GATE] is True


def test_files_and_commands_of_a_node(up: Up) -> None:
    node = up.node
    assert float(node.read_text("/proc/uptime").split()[0]) > 0
    assert node.read_texts(["/proc/uptime", "/nowhere"])[1] is None
    with pytest.raises(FileNotFoundError):
        node.read_text("/nowhere")
    assert node.run(["echo", "one  two"]) == "one  two\n"
    with pytest.raises(ClusterError, match=r"`sh -c .*` ended with 3: wrong"):
        node.run(["sh", "-c", "echo wrong >&2; exit 3"])
    with pytest.raises(ClusterError, match="did not end in 1 s"):
        node.run(["sleep", "20"], timeout_s=1)


def test_cgroup_of_a_container_is_where_the_runtime_was_told_to_put_it(up: Up) -> None:
    paths = locate(up.node, container_id(up))
    assert paths is not None
    assert up.pod["metadata"]["uid"].replace("-", "_") in paths.pod.memory.replace("-", "_")
    for level in ("container", "pod"):
        reading = CgroupReader(up.node, paths).read("container" if level == "container" else "pod")
        assert reading is not None
        assert (reading.cpu_quota_us, reading.memory_limit_bytes) == (20_000, 64 * 2**20)


def test_kubectl_top_shows_the_pod(up: Up) -> None:
    kubectl = Kubectl(up.record.kubectl, up.record.kubeconfig, "default")
    usage = kubectl.until_top("load", lambda usage: usage.memory_bytes > 0, what="anything", on_usage=lambda _: None)
    assert usage.memory_bytes < 64 * 2**20


def test_kubelet_log_holds_what_happened(up: Up) -> None:
    with out_of_reach():
        assert "kube" in up.provider.kubelet_log(up.record, up.node.name, 0)


def test_nothing_is_broken(up: Up) -> None:
    assert up.provider.faults(up.record) == []


def test_name_is_taken(up: Up, tmp_path: Path) -> None:
    with pytest.raises(ClusterError) as caught:
        up.asked.provider().create(up.asked.request(up.record.name, tmp_path), Progress())
    told = str(caught.value)
    if up.asked.name == "existing":
        assert "another run uses this cluster" in told
    else:
        assert up.record.name in told
        assert "remove it with" in told
    assert up.provider.faults(up.record) == []
