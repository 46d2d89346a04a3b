"""What a cluster needs on disk before its first process starts: certificates, configuration, the spec for init."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from clusters.local import configuration, pki, processes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clusters.contract import ClusterRequest

ADMIN_KUBECONFIG = "admin.kubeconfig"


def node_name(cluster_name: str) -> str:
    """The name of the cluster's node."""
    return f"{cluster_name}-node"


def prepare(
    folder: Path,
    request: ClusterRequest,
    *,
    binaries: Mapping[str, str],
    pause_image: str,
    traits: configuration.NodeTraits,
) -> tuple[dict[str, Any], bytes]:
    """Fill the cluster's folder.

    Returns:
        The spec for :mod:`clusters.local.init`, and the certificate of the cluster's authority in PEM.
    """
    folder.mkdir(mode=0o700)
    for name in ("pki", "etc", "var"):
        (folder / name).mkdir()
    authority = _certificates(folder / "pki", node_name(request.name))
    _kubeconfigs(folder, request.name, authority.pem)
    configuration.write_kubelet_configuration(
        folder / "etc",
        cgroup_root=f"/{request.name}",
        traits=traits,
        minor=request.kube_version.minor,
        gates=request.feature_gates,
        overlay=request.kubelet_configuration,
    )
    configuration.write_containerd_configuration(folder / "etc", pause_image=pause_image, traits=traits)
    wanted = [
        *processes.control_plane(request.feature_gates),
        processes.containerd(),
        processes.kubelet(node_name(request.name)),
        *([processes.metrics_server()] if request.metrics else []),
    ]
    spec = {
        "name": request.name,
        "directory": str(folder),
        "log_directory": str(request.log_directory.absolute()),
        "binaries": dict(binaries),
        "node_address": f"{processes.NODE_ADDRESS}/24",
        "forward": {"host": "127.0.0.1", "port": processes.API_PORT},
        "processes": [asdict(process) for process in wanted],
    }
    return spec, authority.pem


def _certificates(directory: Path, node: str) -> pki.Authority:
    """Issue every certificate of the cluster; the users' names and groups are those that RBAC's defaults know."""
    authority = pki.Authority(directory, "ca")
    loopback = ("127.0.0.1", "localhost")
    authority.issue(
        "apiserver",
        user="kube-apiserver",
        hosts=(*loopback, processes.NODE_ADDRESS, "10.96.0.1", "kubernetes", "kubernetes.default.svc"),
    )
    authority.issue("apiserver-kubelet-client", user="kube-apiserver-kubelet-client")
    authority.issue("kubelet-server", user=f"system:node:{node}", hosts=(node, processes.NODE_ADDRESS))
    authority.issue("kubelet", user=f"system:node:{node}", groups=["system:nodes"])
    authority.issue("controller-manager", user="system:kube-controller-manager")
    authority.issue("scheduler", user="system:kube-scheduler")
    authority.issue("loopback", user="loopback", hosts=loopback)
    authority.issue("metrics-server", user="system:metrics-server", hosts=("metrics-server.kube-system.svc",))
    authority.issue("admin", user="resize-conformance", groups=["system:masters"])
    pki.Authority(directory, "front-proxy-ca").issue("front-proxy-client", user="front-proxy-client")
    pki.service_account_keys(directory)
    return authority


def _kubeconfigs(folder: Path, name: str, ca_pem: bytes) -> None:
    """Write each component's kubeconfig, and two for the admin: on the node, and on the host (port to come)."""
    on_node = f"https://127.0.0.1:{processes.API_PORT}"
    for file, user, server in (
        ("etc/controller-manager.kubeconfig", "controller-manager", on_node),
        ("etc/scheduler.kubeconfig", "scheduler", on_node),
        ("etc/kubelet.kubeconfig", "kubelet", on_node),
        ("etc/metrics-server.kubeconfig", "metrics-server", on_node),
        ("etc/admin-on-node.kubeconfig", "admin", on_node),
        (ADMIN_KUBECONFIG, "admin", "https://127.0.0.1:PORT"),
    ):
        configuration.write_kubeconfig(
            folder / file,
            server=server,
            ca_pem=ca_pem,
            certificate=folder / "pki" / f"{user}.crt",
            key=folder / "pki" / f"{user}.key",
            name=name,
        )
