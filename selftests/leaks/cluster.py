"""A cluster that lives as long as a test module, in a state folder of its own."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clusters.api import KubeApi
from clusters.components.resolver import ComponentResolver
from clusters.contract import ClusterError, ClusterRequest
from clusters.local.mounts import NODE_ROOT
from clusters.local.node import LocalNode
from clusters.local.removal import remove
from clusters.local.state import SPEC_FILE, ClusterFolder, folders
from clusters.progress import Progress
from clusters.providers import local_provider
from clusters.versions import KubeVersion

if TYPE_CHECKING:
    from collections.abc import Iterator

#: On a disk by custom (FHS 3.0, 5.15), where /tmp may be memory, on which no overlay can lie.
DISK = Path("/var") / "tmp"
VERSION = "1.37.2"


@contextmanager
def own_state() -> Iterator[Path]:
    """An empty folder for clusters; what is left in it goes."""
    folder = Path(tempfile.mkdtemp(prefix="resize-leaks-", dir=DISK))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESIZE_CONFORMANCE_STATE", str(folder))
        try:
            yield folder
        finally:
            for cluster in folders():
                remove(cluster)
            shutil.rmtree(folder)


class Cluster:
    """A running cluster, and the ways to it.

    Args:
        state: What ``RESIZE_CONFORMANCE_STATE`` is set to.
        name: The cluster's name.
        node: The kind of its nodes.
        nodes: How many.
        metrics: Whether metrics-server runs.
    """

    def __init__(self, state: Path, name: str, *, node: str, nodes: int = 1, metrics: bool = False) -> None:
        self.provider = local_provider(ComponentResolver(progress=Progress()), Progress())
        self.logs = state / "logs"
        self.record = self.provider.create(
            ClusterRequest(
                kube_version=KubeVersion.parse(VERSION),
                name=name,
                log_directory=self.logs,
                metrics=metrics,
                node=node,
                nodes=nodes,
            ),
            Progress(),
        )
        self.folder = ClusterFolder(Path(self.record.private["folder"]))
        self.nodes = self.provider.nodes(self.record)
        self.api = KubeApi(self.record.kubeconfig)

    @property
    def init_pid(self) -> int:
        """The PID of the first process of the cluster's namespaces."""
        state = self.folder.state
        if state is None:
            raise ClusterError(f"cluster {self.record.name} is gone")
        return int(state["init_pid"])

    @property
    def inside(self) -> LocalNode:
        """The namespaces that the control plane runs in, and a host node as well."""
        return LocalNode("control plane", self.init_pid, path=f"{NODE_ROOT}/bin")

    @property
    def api_address(self) -> str:
        """Where kube-apiserver listens."""
        spec: dict[str, Any] = json.loads((self.folder.path / SPEC_FILE).read_text(encoding="utf-8"))
        return str(spec["forward"]["host"])

    def kubectl(self, *arguments: str) -> list[str]:
        """A command line of the cluster's own kubectl with the admin's rights."""
        return [self.record.kubectl, f"--kubeconfig={self.record.kubeconfig}", *arguments]

    def destroy(self) -> None:
        """Take it down."""
        self.provider.destroy(self.record)
