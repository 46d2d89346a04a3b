"""The node image for k3d: a stand-in for k3s, which is our program in ``k3s`` and the real Kubernetes components."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.goprogram import GoProgram
from clusters.components.images import pause_archive
from clusters.components.pins import resolve_version
from clusters.local.bootstrap import MANIFESTS
from lab import kind_node
from lab.components import CRICTL, KUBERNETES, NODE
from lab.images import Image
from lab.layers import Layer
from lab.tree import tree

if TYPE_CHECKING:
    from clusters.progress import Progress
    from clusters.versions import KubeVersion
    from lab.components import LabComponents

#: The tag is the one that k3s would have.
REFERENCE = "resize-conformance-lab/k3s-stand-in:{tag}-k3s1"
PROGRAM = GoProgram("lab-k3s-stand-in", Path(__file__).with_name("k3s"))
#: Where the program looks for what it starts, without the leading slash.
HOME = "usr/libexec/k3s-stand-in"
CONTAINERD_SOCKET = "/run/k3s/containerd/containerd.sock"


def k3d_node(version: KubeVersion, components: LabComponents, progress: Progress) -> Image:
    """Get all that goes into the image.

    Args:
        version: A minor stands for its pinned patch.
        components: Gets the binaries.
        progress: Where slow steps are told.

    Raises:
        ComponentError: Something is not to be had.
    """
    full = resolve_version(version)
    binaries = components.get(full, (*KUBERNETES, *NODE, CRICTL, "etcd", "metrics-server"))
    return Image(
        reference=REFERENCE.format(tag=full.tag),
        layers=(
            Layer(archive=tree(components.cache, progress)),
            kind_node.runtime_layer(binaries),
            Layer(files={f"{HOME}/{name}": binaries[name] for name in ("etcd", "metrics-server")}),
            Layer(
                files={f"{HOME}/kubernetes": binaries["kubelet"]},
                links={
                    **{f"{HOME}/{name}": "kubernetes" for name in KUBERNETES},
                    "usr/bin/kubectl": f"/{HOME}/kubectl",
                },
            ),
            Layer(
                files={
                    "usr/bin/k3s": PROGRAM.path(components.cache, progress),
                    f"{HOME}/images/pause.tar": pause_archive(components.cache.directory, progress).path,
                    **_manifests(),
                },
                texts={f"{HOME}/version": f"{full.tag}+k3s1\n", **kind_node.sysctl_texts(f"{HOME}/sysctl")},
                # The entrypoint that k3d puts into nodes runs under /bin/sh and traps signals as only bash takes them.
                links={"usr/bin/sh": "bash"},
            ),
        ),
        entrypoint=("/bin/k3s",),
        environment={
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            # As k3s's own ctr, crictl and kubectl have it without being told.
            "CONTAINERD_ADDRESS": CONTAINERD_SOCKET,
            "CONTAINERD_NAMESPACE": "k8s.io",
            "CONTAINER_RUNTIME_ENDPOINT": f"unix://{CONTAINERD_SOCKET}",
            "KUBECONFIG": "/etc/rancher/k3s/k3s.yaml",
        },
        labels={"resize-conformance.stand-in": "true"},
        volumes=("/var/lib/kubelet", "/var/lib/rancher/k3s", "/var/log"),
    )


def _manifests() -> dict[str, Path]:
    """What the server makes in its cluster: the same as the local provider, and what the pods' network takes."""
    return {
        **{f"{HOME}/manifests/{name}": MANIFESTS / name for name in ("kubelet-api-admin.yaml", "metrics-server.yaml")},
        f"{HOME}/manifests/pod-network.yaml": kind_node.ROOT / "kind/manifests/default-cni.yaml",
    }
