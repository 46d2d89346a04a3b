"""k3d: nodes with k3s, made by the real command line tool from a configuration of our own, or on top of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from clusters.docker.k3d_config import configuration
from clusters.docker.removal import Traces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from clusters.docker.flavours import Plan
    from clusters.docker.node import DockerNode
    from clusters.docker.tools import Tool

IMPORT_TIMEOUT_S = 45.0


class K3d:
    """The tool k3d.

    Args:
        base: The document of ``--k3d-config``, which the suite's own settings are laid over.
    """

    name = "k3d"
    label = "k3d.cluster"
    # k3d's own limit (DefaultMaxClusterNameLength).
    longest_name = 32
    kubectl: Sequence[str] = ("kubectl", "--kubeconfig=/etc/rancher/k3s/k3s.yaml")
    has_metrics = True
    deletion = "k3d cluster delete"
    shared_network: str | None = None

    def __init__(self, base: Mapping[str, Any] | None = None) -> None:
        self._base = base or {}

    def traces(self, name: str) -> Traces:
        """Each cluster has a network and a volume of its own."""
        return Traces(self.label, name, networks=(f"k3d-{name}",), volumes=(f"k3d-{name}-images",))

    def create(self, tool: Tool, plan: Plan, hopeless: Callable[[], str | None]) -> None:
        """``k3d cluster create``, and ``k3d kubeconfig write``; a failed one stays until its logs are saved."""
        config = plan.folder / "k3d.yaml"
        config.write_text(yaml.safe_dump(configuration(plan, self._base), sort_keys=False), encoding="utf-8")
        tool.run("cluster", "create", f"--config={config}", "--no-rollback", log=plan.log, hopeless=hopeless)
        tool.run("kubeconfig", "write", plan.name, f"--output={plan.kubeconfig}", log=plan.log)
        plan.kubeconfig.chmod(0o600)

    def load(self, tool: Tool, plan: Plan, archive: Path) -> None:
        """``k3d image import``, straight into the nodes: that takes no helper image from a registry."""
        # Done in a second; but k3d 5.8.3 waits for ever, at times, when a node has closed its end before k3d has.
        arguments = ["image", "import", str(archive), f"--cluster={plan.name}", "--mode=direct"]
        tool.run(*arguments, log=plan.log, timeout_s=IMPORT_TIMEOUT_S)

    def export_logs(self, _tool: Tool, _name: str, nodes: Sequence[DockerNode], directory: Path, /) -> None:
        """k3s runs every component in one process, whose log is the container's."""
        for node in nodes:
            (directory / f"{node.name}.log").write_text(node.output(), encoding="utf-8")

    def kubelet_log(self, node: DockerNode, since: float) -> str:
        """The container's log, which holds the kubelet's lines among those of the other components."""
        return node.output(since=since)

    def delete(self, tool: Tool, name: str, log: Path) -> None:
        """``k3d cluster delete``."""
        tool.run("cluster", "delete", name, log=log)
