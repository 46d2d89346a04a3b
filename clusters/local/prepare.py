"""What a cluster needs on disk before its first process starts: certificates, configuration, the spec for init."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from clusters.local import configuration, pki, processes
from clusters.local.containerd import write_containerd_configuration
from clusters.local.topology import CONTROL_PLANE_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clusters.contract import ClusterRequest
    from clusters.local.kinds import Design, NodePlan
    from clusters.local.topology import NodePlace, Topology

ADMIN_KUBECONFIG = "admin.kubeconfig"


def write_files(
    folder: Path, request: ClusterRequest, design: Design, *, pause_image: str, containerd_version: str
) -> bytes:
    """Fill the cluster's folder.

    Returns:
        The certificate of the cluster's authority in PEM.
    """
    traits, topology = design.traits, design.topology
    folder.mkdir(mode=0o700)
    for name in ("pki", "etc"):
        (folder / name).mkdir()
    authority = _certificates(folder / "pki", topology)
    _kubeconfigs(folder, request.name, topology, authority.pem)
    for node in topology.nodes:
        directory = folder / "etc" / node.directory
        configuration.write_kubelet_configuration(
            directory,
            node=node,
            traits=traits,
            minor=(request.kubelet_version or request.kube_version).minor,
            gates=request.gates_of("kubelet"),
            overlay=request.kubelet_configuration,
        )
        write_containerd_configuration(
            directory,
            node=node,
            pause_image=pause_image,
            traits=traits,
            version=containerd_version,
            oci_runtime=request.runtime.oci_name,
        )
    return authority.pem


def spec(
    folder: Path, request: ClusterRequest, topology: Topology, plan: NodePlan, files: Mapping[str, Path]
) -> dict[str, Any]:
    """What :mod:`clusters.local.init` is told: the files to show, the network, and what to run."""
    wanted = [
        *processes.control_plane(topology, request.gates_of, more_apis=request.more_apis),
        *plan.processes,
        *([processes.metrics_server()] if request.metrics else []),
    ]
    return {
        "name": request.name,
        "directory": str(folder),
        "log_directory": str(request.log_directory.absolute()),
        "files": {name: str(path) for name, path in (plan.files | dict(files)).items()},
        "forward": {"host": topology.api_address, "port": processes.API_PORT},
        "nodes": [asdict(node) for node in topology.nodes],
        "processes": [asdict(process) for process in wanted],
        **plan.setup,
    }


def _certificates(directory: Path, topology: Topology) -> pki.Authority:
    """Issue every certificate of the cluster; the users' names and groups are those that RBAC's defaults know."""
    authority = pki.Authority(directory, "ca")
    loopback = ("127.0.0.1", "localhost")
    authority.issue(
        "apiserver",
        user="kube-apiserver",
        hosts=(*loopback, topology.advertised, CONTROL_PLANE_ADDRESS, "10.96.0.1", "kubernetes.default.svc"),
    )
    authority.issue("apiserver-kubelet-client", user="kube-apiserver-kubelet-client")
    for node in topology.nodes:
        user = f"system:node:{node.name}"
        authority.issue(node.numbered("kubelet-server"), user=user, hosts=(node.name, node.address))
        authority.issue(node.numbered("kubelet"), user=user, groups=["system:nodes"])
    authority.issue("controller-manager", user="system:kube-controller-manager")
    authority.issue("scheduler", user="system:kube-scheduler")
    authority.issue("loopback", user="loopback", hosts=loopback)
    authority.issue("metrics-server", user="system:metrics-server", hosts=("metrics-server.kube-system.svc",))
    authority.issue("admin", user="resize-conformance", groups=["system:masters"])
    pki.Authority(directory, "front-proxy-ca").issue("front-proxy-client", user="front-proxy-client")
    pki.service_account_keys(directory)
    return authority


def _kubeconfigs(folder: Path, name: str, topology: Topology, ca_pem: bytes) -> None:
    """Write each component's kubeconfig, and two for the admin: in the cluster, and on the host (port to come)."""
    inside = f"https://{topology.api_address}:{processes.API_PORT}"
    wanted = [
        ("etc/controller-manager.kubeconfig", "controller-manager", inside),
        ("etc/scheduler.kubeconfig", "scheduler", inside),
        ("etc/metrics-server.kubeconfig", "metrics-server", inside),
        ("etc/admin-on-node.kubeconfig", "admin", inside),
        (ADMIN_KUBECONFIG, "admin", "https://127.0.0.1:PORT"),
    ]
    for node in topology.nodes:
        (folder / "etc" / node.directory).mkdir()
        wanted.append((_kubelet_kubeconfig(node), node.numbered("kubelet"), inside))
    for file, user, server in wanted:
        configuration.write_kubeconfig(
            folder / file,
            server=server,
            ca_pem=ca_pem,
            certificate=folder / "pki" / f"{user}.crt",
            key=folder / "pki" / f"{user}.key",
            name=name,
        )


def _kubelet_kubeconfig(node: NodePlace) -> str:
    return f"etc/{node.directory}/kubelet.kubeconfig"
