"""What the components of a cluster of containers serve as /metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters.api import KubeApi
    from clusters.docker.node import DockerNode

#: The ports on a control plane node's own loopback; Kubernetes' defaults, which kubeadm and k3s leave alone.
_SECURE_PORTS = {"kube-scheduler": 10259, "kube-controller-manager": 10257}


def component_metrics(api: KubeApi, nodes: Sequence[DockerNode], component: str) -> str:
    """A component's /metrics in the Prometheus text format.

    Args:
        api: The cluster's.
        nodes: The cluster's, the control plane first.
        component: Such as ``kube-scheduler``; ``kubelet`` is the first node's, ``kubelet NODE`` another's.

    Raises:
        ClusterError: It can't be reached.
    """
    name, _, node = component.partition(" ")
    if name == "kube-apiserver":
        return api.text("/metrics")
    if name == "kubelet":
        return api.text(f"/api/v1/nodes/{node or nodes[0].name}/proxy/metrics")
    # kubectl on the node brings the credentials; the certificate there is the component's own, made at its start.
    server = f"https://127.0.0.1:{_SECURE_PORTS[name]}"
    return nodes[0].run(
        [*nodes[0].kubectl, f"--server={server}", "--insecure-skip-tls-verify", "get", "--raw=/metrics"]
    )
