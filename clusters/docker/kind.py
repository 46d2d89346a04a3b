"""kind: nodes with systemd and kubeadm, made by the real command line tool from a configuration of our own."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import yaml

from clusters.docker.removal import Traces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from clusters.docker.flavours import Plan
    from clusters.docker.node import DockerNode
    from clusters.docker.tools import Tool

#: kind generates kubeadm's configuration in this version from 1.36 on (pkg/cluster/internal/kubeadm/config.go of 0.33).
V1BETA4_FROM_MINOR = 36
#: The kubelet refuses cgroup v1 from here on, unless told otherwise (KEP-5573).
FAIL_CGROUP_V1_FROM_MINOR = 35


class Kind:
    """The tool kind."""

    name = "kind"
    label = "io.x-k8s.kind.cluster"
    # A node's name gets "-control-plane", and host names have 63 characters at most.
    longest_name = 48
    kubectl: Sequence[str] = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf")
    has_metrics = False
    deletion = "kind delete cluster --name"
    shared_network: str | None = "kind"

    def traces(self, name: str) -> Traces:
        """Its containers and their volumes."""
        return Traces(self.label, name)

    def create(self, tool: Tool, plan: Plan, hopeless: Callable[[], str | None]) -> None:
        """``kind create cluster``; a failed one stays until its logs are saved."""
        config = plan.folder / "kind.yaml"
        config.write_text(yaml.safe_dump(configuration(plan), sort_keys=False), encoding="utf-8")
        tool.run(
            "create",
            "cluster",
            f"--name={plan.name}",
            f"--config={config}",
            f"--kubeconfig={plan.kubeconfig}",
            "--retain",
            log=plan.log,
            hopeless=hopeless,
        )

    def load(self, tool: Tool, plan: Plan, archive: Path) -> None:
        """``kind load image-archive``: an archive of one platform, which every image store takes (kind#3795)."""
        tool.run("load", "image-archive", str(archive), f"--name={plan.name}", log=plan.log)

    def export_logs(self, tool: Tool, name: str, _nodes: Sequence[DockerNode], directory: Path, /) -> None:
        """``kind export logs``."""
        tool.run("export", "logs", str(directory), f"--name={name}", log=directory / "export.log")

    def kubelet_log(self, node: DockerNode, since: float) -> str:
        """The kubelet's journal."""
        moment = datetime.datetime.fromtimestamp(since, datetime.UTC)
        return node.run(
            ["journalctl", "--unit=kubelet", f"--since={moment:%Y-%m-%d %H:%M:%S} UTC", "--output=cat", "--no-pager"]
        )

    def delete(self, tool: Tool, name: str, log: Path) -> None:
        """``kind delete cluster``; a kubeconfig that does not exist keeps it from looking into the user's."""
        tool.run("delete", "cluster", f"--name={name}", f"--kubeconfig={log.parent / 'none.kubeconfig'}", log=log)


def configuration(plan: Plan) -> dict[str, Any]:
    """The configuration (kind.x-k8s.io/v1alpha4) of a cluster."""
    request = plan.request
    roles = ["control-plane", *["worker"] * (request.nodes - 1)]
    document: dict[str, Any] = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "networking": {"apiServerAddress": "127.0.0.1"},
        "nodes": [{"role": role, "image": plan.image} for role in roles],
        "kubeadmConfigPatches": [yaml.safe_dump(patch, sort_keys=False) for patch in _patches(plan)],
    }
    # One key reaches every component; a gate that a version does not know would keep it from starting.
    if request.feature_gates:
        document["featureGates"] = dict(request.feature_gates)
    return document


def _patches(plan: Plan) -> list[dict[str, Any]]:
    minor = plan.request.kube_version.minor
    kubeadm = {"apiVersion": f"kubeadm.k8s.io/{'v1beta4' if minor >= V1BETA4_FROM_MINOR else 'v1beta3'}"}
    kubelet: dict[str, Any] = dict(plan.request.kubelet_configuration)
    if plan.cgroup_version == "v1" and minor >= FAIL_CGROUP_V1_FROM_MINOR:
        kubelet["failCgroupV1"] = False
    init: dict[str, Any] = {
        **kubeadm,
        "kind": "InitConfiguration",
        # kind itself skips preflight. No case needs names, and CoreDNS takes CPU time of a small machine.
        "skipPhases": ["preflight", "addon/coredns"],
    }
    if plan.request.nodes > 1:
        # Cases are placed on every node, the control plane's too; the taint of an only node kind itself takes away.
        init["nodeRegistration"] = {"taints": []}
    patches = [init]
    if kubelet:
        patches.append({"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", **kubelet})
    return patches
