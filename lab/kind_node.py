"""The node image for kind: the real components of one Kubernetes version, and the lab's own files in ``kind``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.pins import resolve_version
from clusters.local.mounts import KERNEL_TUNABLES
from lab.archives import archives, kubeadm_images
from lab.components import CRICTL, KUBEADM, KUBERNETES, NODE
from lab.images import Image
from lab.layers import Layer, folder
from lab.tree import tree

if TYPE_CHECKING:
    from clusters.progress import Progress
    from clusters.versions import KubeVersion
    from lab.components import LabComponents

REFERENCE = "resize-conformance-lab/kind-node:{tag}"
ROOT = Path(__file__).parent / "kind" / "rootfs"
_CONTAINERD_CONFIGURATION = "etc/containerd/config.toml"
_UNITS = ("containerd.service", "pod-network.service", "kubelet.path")
#: Units of the tree that would act on the host, as they may in a privileged container, or that only take time.
_MASKED = (
    "systemd-sysctl.service", "systemd-modules-load.service", "systemd-binfmt.service", "systemd-udevd.service",
    "systemd-logind.service", "systemd-remount-fs.service", "systemd-update-utmp.service", "console-getty.service",
    "getty.target", "dev-hugepages.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
    "sys-kernel-config.mount", "sys-fs-fuse-connections.mount", "proc-sys-fs-binfmt_misc.automount", "timers.target",
    "e2scrub_reap.service",
)  # fmt: skip


def kind_node(version: KubeVersion, components: LabComponents, progress: Progress) -> Image:
    """Get all that goes into the image.

    Args:
        version: A minor stands for its pinned patch.
        components: Gets the binaries.
        progress: Where slow steps are told.

    Raises:
        ComponentError: Something is not to be had.
    """
    full = resolve_version(version)
    binaries = components.get(full, (*KUBERNETES, *KUBEADM, *NODE, CRICTL, "etcd", "metrics-server"))
    images = archives(str(full), binaries, components.cache, progress)
    pause = kubeadm_images(binaries["kubeadm"], str(full))["pause"]
    return Image(
        reference=REFERENCE.format(tag=full.tag),
        layers=(
            Layer(archive=tree(components.cache, progress)),
            runtime_layer(binaries),
            Layer(
                files={
                    "usr/bin/kubernetes": binaries["kubelet"],
                    "usr/bin/kubeadm": binaries["kubeadm"],
                    **{f"kind/images/{name}": path for name, path in folder(images).items() if name != "manifest.json"},
                },
                links={"usr/bin/kubelet": "kubernetes", "usr/bin/kubectl": "kubernetes"},
            ),
            Layer(
                files={name: path for name, path in folder(ROOT).items() if name != _CONTAINERD_CONFIGURATION},
                texts={"kind/version": f"{full.tag}\n", **_texts(pause)},
                links=_links(),
            ),
        ),
        entrypoint=("/usr/local/bin/entrypoint", "/sbin/init"),
        environment={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container": "docker"},
        # systemd's signal for a shutdown.
        stop_signal="SIGRTMIN+3",
    )


def runtime_layer(binaries: dict[str, Path]) -> Layer:
    """What runs containers, the same for each version of Kubernetes."""
    plugins = ("bridge", "host-local", "loopback")
    return Layer(
        files={
            **{f"usr/local/bin/{name}": binaries[name] for name in (*NODE, CRICTL) if name not in plugins},
            **{f"opt/cni/bin/{name}": binaries[name] for name in plugins},
        }
    )


def sysctl_texts(directory: str) -> dict[str, str]:
    """Files that a node shows in place of the host's kernel settings, below a directory of the image."""
    return {f"{directory}/{name}": f"{value}\n" for name, value in KERNEL_TUNABLES.items()}


def _texts(pause: str) -> dict[str, str]:
    configuration = (ROOT / _CONTAINERD_CONFIGURATION).read_text(encoding="utf-8").replace("{pause}", pause)
    return {
        _CONTAINERD_CONFIGURATION: configuration,
        # As kind's own images have it: what cAdvisor tells of the machine.
        "kind/product_name": "kind\n",
        "etc/crictl.yaml": "runtime-endpoint: unix:///run/containerd/containerd.sock\n",
        **sysctl_texts("kind/sysctl"),
    }


def _links() -> dict[str, str]:
    units = "etc/systemd/system"
    return {
        f"{units}/default.target": "/usr/lib/systemd/system/multi-user.target",
        **{f"{units}/multi-user.target.wants/{name}": f"/{units}/{name}" for name in _UNITS},
        **{f"{units}/{name}": "/dev/null" for name in _MASKED},
    }
