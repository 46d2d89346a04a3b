"""A running cluster's keys are readable by its owner alone, and nobody gets in without one."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from clusters.components.resolver import ComponentResolver
from clusters.contract import ClusterError, ClusterRecord, ClusterRequest
from clusters.local.prepare import ADMIN_KUBECONFIG
from clusters.local.processes import CONTROLLER_MANAGER_PORT, METRICS_SERVER_PORT, NODE_ADDRESS, SCHEDULER_PORT
from clusters.local.provider import LocalProvider
from clusters.progress import Progress
from clusters.versions import KubeVersion
from selftests.leaks.owner import start_pod
from selftests.leaks.traces import processes

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(120)

#: Runs on the node: what a server answers to somebody without credentials.
ANONYMOUS = """
import ssl, sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], context=ssl._create_unverified_context(), timeout=5).status)
except urllib.error.HTTPError as error:
    print(error.code)
except OSError as error:
    print(type(error).__name__)
"""


class Cluster:
    """A running cluster, its provider and where its logs are."""

    def __init__(self, state: Path) -> None:
        self.provider = LocalProvider(ComponentResolver(progress=Progress()))
        self.logs = state / "logs"
        self.record: ClusterRecord = self.provider.create(
            ClusterRequest(kube_version=KubeVersion.parse("1.37.2"), name="leak-secrets", log_directory=self.logs),
            Progress(),
        )
        self.folder = Path(self.record.private["folder"])
        (self.node,) = self.provider.nodes(self.record)


@pytest.fixture
def cluster(state: Path) -> Iterator[Cluster]:
    """A cluster with metrics-server and one pod."""
    made = Cluster(state)
    try:
        start_pod(made.record)
        yield made
    finally:
        made.provider.destroy(made.record)


def test_keys_stay_private(cluster: Cluster) -> None:
    """Each file with a key has mode 0600 in a folder of mode 0700, and no key is in a log or on a command line."""
    assert stat.S_IMODE(cluster.folder.stat().st_mode) == 0o700
    texts = {path: _text(path) for path in _small_files(cluster.folder)}
    secret = {path for path, text in texts.items() if "PRIVATE KEY-----" in text or "client-key-data" in text}
    assert cluster.folder / ADMIN_KUBECONFIG in secret
    # The authorities' keys never reach the disk: nobody can issue another certificate.
    assert [path for path in texts if path.name.endswith("ca.key")] == []
    assert len(secret) > 10
    assert {path for path in secret if stat.S_IMODE(path.stat().st_mode) != 0o600} == set()

    words = {line for path in secret if path.suffix == ".key" for line in _text(path).splitlines()[1:-1]}
    words |= {"PRIVATE KEY", "client-key-data"}
    told = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in cluster.logs.iterdir()}
    for process in processes(cluster.record.name):
        with suppress(psutil.Error):
            told[f"arguments of {process.pid}"] = "\n".join(process.cmdline())
            told[f"environment of {process.pid}"] = "\n".join(process.environ().values())
    assert len(told) > 20
    assert [where for where, text in told.items() if any(word in text for word in words)] == []


def test_only_the_api_can_be_reached_and_nobody_without_credentials(cluster: Cluster) -> None:
    """The host sees one loopback port; behind it and on the node, a stranger is refused everywhere."""
    mine = {process.pid for process in processes(cluster.record.name)}
    listening = {
        tuple(connection.laddr)
        for connection in psutil.net_connections("inet")
        if connection.pid in mine and connection.status == psutil.CONN_LISTEN
    }
    assert len(listening) == 1, listening
    address, port = listening.pop()
    assert address == "127.0.0.1"
    assert f"https://127.0.0.1:{port}" in (cluster.folder / ADMIN_KUBECONFIG).read_text(encoding="utf-8")

    answers = {
        url: cluster.node.run([sys.executable, "-c", ANONYMOUS, url]).strip()
        for url in (
            "https://127.0.0.1:6443/api",
            f"https://{NODE_ADDRESS}:10250/pods",
            f"https://{NODE_ADDRESS}:10250/metrics",
            f"http://{NODE_ADDRESS}:10255/pods",
            f"https://127.0.0.1:{CONTROLLER_MANAGER_PORT}/metrics",
            f"https://127.0.0.1:{SCHEDULER_PORT}/metrics",
            f"https://127.0.0.1:{METRICS_SERVER_PORT}/apis",
            f"http://{NODE_ADDRESS}:2379/version",
        )
    }
    assert list(answers.values()) == ["401", "401", "401", "URLError", "403", "403", "403", "URLError"], answers


def test_node_may_not_act_for_others(cluster: Cluster) -> None:
    """The kubelet's own credentials are those of one node: no secrets of others, no other node's status."""
    kubeconfig = "--kubeconfig=/run/node/etc/kubelet.kubeconfig"
    cluster.node.run(["kubectl", kubeconfig, "get", "node", cluster.node.name])
    for arguments in (["get", "secrets", "--all-namespaces"], ["label", "node", "another", "a=b"]):
        with pytest.raises(ClusterError, match=r"[Ff]orbidden"):
            cluster.node.run(["kubectl", kubeconfig, *arguments])


def _small_files(folder: Path) -> Iterator[Path]:
    """All files of the cluster but etcd's and containerd's stores, which have folders of mode 0700 to themselves."""
    for directory, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in {"etcd", "containerd", "bin"}]
        yield from (path for name in names if (path := Path(directory, name)).is_file())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
