"""The components' configuration files: the kubelet's, and kubeconfigs."""

from __future__ import annotations

import base64
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from clusters.local import pki
from clusters.local.processes import CONTAINERD_SOCKET, ETC, PKI

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clusters.local.topology import NodePlace

#: In the node's folder below :data:`clusters.local.processes.ETC`.
KUBELET_FILE = "kubelet.yaml"


@dataclass(frozen=True, slots=True)
class NodeTraits:
    """What a node is like, as far as its configuration depends on it; found out before the start.

    Attributes:
        cgroup_version: "v1" or "v2": the version that has the memory controller.
        may_lower_oom_score: Whether processes have CAP_SYS_RESOURCE.
        snapshotter: containerd's snapshotter that works on the cluster's file system.
        cgroup_root: The cgroup that the kubelet makes its own ones in.
        bin_directory: Where runc and the plugins of the pods' network are on the node.
        has_cpuset: Whether there is a cpuset controller.
        kubelet_in_root: Whether the kubelet is started in the root cgroup.
    """

    cgroup_version: str
    may_lower_oom_score: bool
    snapshotter: str
    cgroup_root: str
    bin_directory: str
    has_cpuset: bool = True
    kubelet_in_root: bool = False


def write_kubelet_configuration(
    directory: Path,
    *,
    node: NodePlace,
    traits: NodeTraits,
    minor: int,
    gates: Mapping[str, bool],
    overlay: Mapping[str, Any],
) -> None:
    """Write the KubeletConfiguration; fields of ``overlay`` replace those of the same name."""
    configuration: dict[str, Any] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": node.address,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{PKI}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{PKI}/{node.numbered('kubelet-server')}.crt",
        "tlsPrivateKeyFile": f"{PKI}/{node.numbered('kubelet-server')}.key",
        "healthzBindAddress": "127.0.0.1",
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": traits.cgroup_root,
        "resolvConf": f"{ETC}/{node.directory}/resolv.conf",
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        # The node shares the host's disk: a full one is the host's matter, and eviction would spoil every case.
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "featureGates": dict(gates),
    }
    # The kubelet refuses cgroup v1 by default from 1.35 on (KEP-5573); the field is there from 1.31 on.
    if traits.cgroup_version == "v1" and minor >= 35:
        configuration["failCgroupV1"] = False
    if not traits.has_cpuset:
        # The kubelet would write into cpuset.cpus of the cgroup of all pods (pkg/kubelet/cm/node_container_manager).
        configuration["enforceNodeAllocatable"] = []
    if traits.kubelet_in_root and "memorySwap" in overlay:
        # A kubelet takes its node for one that can swap if its own cgroup has memory.swap.max, which the root never has
        # (pkg/kubelet/kuberuntime/kuberuntime_container_linux.go, swapControllerAvailable).
        configuration["kubeletCgroups"] = "/kubelet"
    configuration.update(overlay)
    (directory / "resolv.conf").write_text("", encoding="ascii")
    (directory / KUBELET_FILE).write_text(yaml.safe_dump(configuration), encoding="utf-8")


def changed_kubelet_configuration(directory: Path, changes: Mapping[str, Any]) -> str:
    """What the kubelet's file is to say with a JSON merge patch laid over what it was made with, which is kept.

    Args:
        directory: Where :func:`write_kubelet_configuration` has written it.
        changes: The patch.
    """
    made = directory / f"{KUBELET_FILE}.made"
    if not made.exists():
        shutil.copyfile(directory / KUBELET_FILE, made)
    return yaml.safe_dump(_merged(yaml.safe_load(made.read_text(encoding="utf-8")), changes))


def _merged(document: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A document after a JSON merge patch: objects are merged, a null takes a field away (RFC 7386)."""
    both = {name: _merged(document.get(name) or {}, new) for name, new in patch.items() if isinstance(new, dict)}
    return {name: value for name, value in {**document, **patch, **both}.items() if value is not None}


def write_kubeconfig(path: Path, *, server: str, ca_pem: bytes, certificate: Path, key: Path, name: str) -> None:
    """Write a kubeconfig that holds all it needs, readable by its owner alone."""

    def data(content: bytes) -> str:
        return base64.b64encode(content).decode("ascii")

    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [
            {"name": name, "cluster": {"server": server, "certificate-authority-data": data(ca_pem)}},
        ],
        "users": [
            {
                "name": name,
                "user": {
                    "client-certificate-data": data(certificate.read_bytes()),
                    "client-key-data": data(key.read_bytes()),
                },
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }
    pki.write_private(path, yaml.safe_dump(document))
