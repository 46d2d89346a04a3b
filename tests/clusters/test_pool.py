"""The pool and the way to it: each cluster once, a failure told every time, nothing left at the end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from clusters.components.pins import resolve_version
from clusters.contract import ClusterError, ClusterRecord, ClusterRequest, Node, NotInTimeError
from clusters.handover import PoolServer, RemotePool
from clusters.pool import ClusterPool
from clusters.progress import Progress
from clusters.runtimes import Runtime
from clusters.variants import ClusterKey, Platform
from clusters.versions import KubeVersion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

UML = Platform("uml", "v2")
OLD, NEW = ClusterKey(KubeVersion(1, 30, 14), UML), ClusterKey(KubeVersion(1, 37, 2), UML)
CROWDED = ClusterKey(KubeVersion(1, 37, 2), UML, "crowded")


class CountingProvider:
    """Makes nothing, and counts what it is asked for."""

    name = "counting"

    def __init__(self, broken: KubeVersion | None = None, *, late: int = 0) -> None:
        self._late = late
        self.created: list[ClusterRequest] = []
        self.destroyed: list[tuple[str, bool]] = []
        self._broken = broken
        self._lock = threading.Lock()

    def create(self, request: ClusterRequest, progress: Progress) -> ClusterRecord:
        with self._lock:
            self.created.append(request)
        if request.kube_version == self._broken:
            raise ClusterError("it is broken")
        if len(self.created) <= self._late:
            raise NotInTimeError("node Ready did not come true")
        return ClusterRecord(
            name=request.name, provider=self.name, kube_version=str(request.kube_version), kubeconfig="", kubectl="",
            stress_image="", log_directory="", node="uml", cgroup_version="v2",
            cpu_milli=2000, facts={}, components={}, phases_s={}, private={},
        )  # fmt: skip

    def nodes(self, record: ClusterRecord) -> list[Node]:
        return []

    def component_metrics(self, record: ClusterRecord, component: str) -> str:
        return ""

    def kubelet_log(self, record: ClusterRecord, node: str, since: float) -> str:
        return ""

    def faults(self, record: ClusterRecord) -> list[str]:
        return []

    def stop(self, record: ClusterRecord, component: str) -> None:
        raise ClusterError(f"there is no {component}")

    def start(self, record: ClusterRecord, component: str) -> None:
        raise ClusterError(f"there is no {component}")

    def configure_kubelet(self, record: ClusterRecord, changes: Mapping[str, Any]) -> None:
        raise ClusterError("there is no kubelet")

    def destroy(self, record: ClusterRecord, *, keep: bool = False) -> None:
        self.destroyed.append((record.kube_version, keep))


def pool_of(provider: CountingProvider, folder: Path, *, may_remove: bool = True) -> ClusterPool:
    return ClusterPool(
        provider,
        [OLD, NEW],
        run_id="r",
        nodes=1,
        results=folder,
        feature_gates={"More": True},
        may_remove=may_remove,
        progress=Progress(),
    )


def test_each_cluster_is_made_once_however_many_ask(tmp_path: Path) -> None:
    provider = CountingProvider()
    pool = pool_of(provider, tmp_path)
    threads = [threading.Thread(target=pool.get, args=(key,)) for key in (OLD, NEW) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool.close(keep=False)
    assert sorted(str(request.kube_version) for request in provider.created) == ["1.30.14", "1.37.2"]
    assert sorted(provider.destroyed) == [("1.30.14", False), ("1.37.2", False)]


def test_gates_are_those_of_the_version_and_the_users(tmp_path: Path) -> None:
    pool = pool_of(CountingProvider(), tmp_path)
    assert pool.gates(OLD) == {"InPlacePodVerticalScaling": True, "More": True}
    without = ClusterKey(OLD.kube_version, UML, "gate-off")
    assert pool.gates(without) == {
        "InPlacePodVerticalScaling": False,
        "More": True,
    }
    assert pool.gates(NEW) == {"More": True}


def test_what_a_variant_and_a_runtime_ask_for(tmp_path: Path) -> None:
    provider = CountingProvider()
    pool = pool_of(provider, tmp_path)
    pool.get(ClusterKey(NEW.kube_version, UML, "kubelet-3-older", Runtime("1.7.29", "crun")))
    pool.get(ClusterKey(OLD.kube_version, UML, "gate-on-kubelet-only"))
    pool.close(keep=False)
    request, partial = provider.created
    assert partial.gates_of("kubelet") == {"InPlacePodVerticalScaling": True, "More": True}
    assert partial.gates_of("kube-scheduler") == {"InPlacePodVerticalScaling": False, "More": True}
    assert request.kubelet_version == resolve_version(KubeVersion.parse("1.34"))
    assert request.runtime.label == "containerd 1.7.29 crun"
    assert len(f"system:node:resize-052057-f187-{request.name.removeprefix('resize-r-')}-node-2") <= 64


def test_a_failed_start_is_told_each_time_and_tried_once(tmp_path: Path) -> None:
    provider = CountingProvider(broken=NEW.kube_version)
    pool = pool_of(provider, tmp_path)
    for _ in range(2):
        with pytest.raises(ClusterError, match="it is broken"):
            pool.get(NEW)
    assert pool.get(OLD).kube_version == "1.30.14"
    pool.close(keep=False)
    assert len(provider.created) == 2
    outcome = pool.outcomes()[NEW]
    assert isinstance(outcome, ClusterError)


def test_a_cluster_that_is_late_is_tried_twice_and_both_attempts_keep_their_logs(tmp_path: Path) -> None:
    provider = CountingProvider(late=1)
    pool = pool_of(provider, tmp_path)
    assert "an attempt that failed" in pool.get(CROWDED).phases_s
    first, second = (request.log_directory for request in provider.created)
    assert second == first.with_name(f"{first.name}-second-attempt")
    pool.close(keep=False)


def test_a_cluster_that_is_late_again_is_given_up(tmp_path: Path) -> None:
    provider = CountingProvider(late=2)
    pool = pool_of(provider, tmp_path)
    for _ in range(2):
        with pytest.raises(ClusterError, match="did not come true"):
            pool.get(CROWDED)
    assert len(provider.created) == 2
    pool.close(keep=False)


def test_a_variant_goes_with_its_last_case_and_others_stay(tmp_path: Path) -> None:
    provider = CountingProvider()
    pool = pool_of(provider, tmp_path)
    pool.get(CROWDED)
    pool.get(NEW)
    pool.release(NEW, cases=1)
    pool.release(CROWDED, cases=2)
    assert provider.destroyed == []
    pool.release(CROWDED, cases=2)
    assert provider.destroyed == [("1.37.2", False)]
    pool.close(keep=False)
    assert len(provider.destroyed) == len(provider.created)


def test_kept_clusters_are_let_go_of(tmp_path: Path) -> None:
    provider = CountingProvider()
    pool = pool_of(provider, tmp_path, may_remove=False)
    pool.get(CROWDED)
    pool.release(CROWDED, cases=1)
    pool.close(keep=True)
    assert provider.destroyed == [("1.37.2", True)]


def test_a_worker_gets_and_gives_back_by_the_socket(tmp_path: Path) -> None:
    provider = CountingProvider(broken=OLD.kube_version)
    server = PoolServer(pool_of(provider, tmp_path))
    remote = RemotePool(server.address)
    assert remote.get(CROWDED).name == "resize-r-1-37-2-uml-v2-crowded"
    with pytest.raises(ClusterError, match="it is broken"):
        remote.get(OLD)
    remote.release(CROWDED, cases=1)
    assert provider.destroyed == [("1.37.2", False)]
    server.close()
    with pytest.raises(ClusterError, match="can't be reached"):
        remote.get(CROWDED)
