"""What differs between the tools that make clusters of containers: kind and k3d."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from clusters.contract import ClusterRequest
    from clusters.docker.node import DockerNode
    from clusters.docker.removal import Traces
    from clusters.docker.tools import Tool


@dataclass(frozen=True, slots=True)
class Plan:
    """One cluster that is to be made.

    Attributes:
        name: As the tool knows it.
        image: The nodes' image.
        request: What the suite asks for.
        cgroup_version: The engine's host's, "v1" or "v2".
        folder: The cluster's folder, mode 0700: configuration and kubeconfig go here.
    """

    name: str
    image: str
    request: ClusterRequest
    cgroup_version: str
    folder: Path

    @property
    def log(self) -> Path:
        """Where the tool's output goes."""
        return self.request.log_directory / "create.log"

    @property
    def kubeconfig(self) -> Path:
        """The cluster's kubeconfig; the user's own is never touched."""
        return self.folder / "admin.kubeconfig"


class Flavour(Protocol):
    """A tool that makes clusters of containers.

    Attributes:
        name: The tool's, and the provider's.
        label: The label by which its containers are known; the value is the cluster's name.
        longest_name: How many characters it lets a cluster's name have.
        kubectl: The words that run kubectl with full rights on a control plane node.
        has_metrics: Whether its clusters come with metrics-server.
        deletion: The command that deletes a cluster whose name is put behind it, for messages.
        shared_network: The engine's network that all of its clusters use and none removes; None where each has its own.
    """

    name: str
    label: str
    longest_name: int
    kubectl: Sequence[str]
    has_metrics: bool
    deletion: str
    shared_network: str | None

    def traces(self, name: str) -> Traces:
        """What the engine may hold of a cluster alone."""
        ...

    def create(self, tool: Tool, plan: Plan, hopeless: Callable[[], str | None]) -> None:
        """Make the cluster, with its kubeconfig, and return once its API answers.

        Args:
            tool: The tool.
            plan: The cluster.
            hopeless: Why it can't come up any more; None while it can.

        Raises:
            ClusterError: The tool failed.
        """
        ...

    def load(self, tool: Tool, plan: Plan, archive: Path) -> None:
        """Bring an image archive onto every node.

        Raises:
            ClusterError: The tool failed.
        """
        ...

    def export_logs(self, tool: Tool, name: str, nodes: Sequence[DockerNode], directory: Path, /) -> None:
        """Write the components' logs into a folder.

        Raises:
            ClusterError: The tool failed.
        """
        ...

    def kubelet_log(self, node: DockerNode, since: float) -> str:
        """The kubelet's log from a moment on, in seconds since the epoch.

        Raises:
            ClusterError: The node can't be reached.
        """
        ...

    def delete(self, tool: Tool, name: str, log: Path) -> None:
        """Delete the cluster.

        Raises:
            ClusterError: The tool failed.
        """
        ...
