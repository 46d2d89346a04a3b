"""containerd's configuration, in the format of its version, and the pods' network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clusters.local.mounts import NODE_ROOT
from clusters.local.network import BRIDGE
from clusters.local.processes import CONTAINERD_SOCKET, ETC
from clusters.runtimes import CRUN

if TYPE_CHECKING:
    from pathlib import Path

    from clusters.local.configuration import NodeTraits
    from clusters.local.topology import NodePlace

#: Where crun is, on every kind of node; a short path, see :mod:`clusters.components.crun`.
CRUN_PLACE = NODE_ROOT / CRUN


def write_containerd_configuration(
    directory: Path, *, node: NodePlace, pause_image: str, traits: NodeTraits, version: str, oci_runtime: str
) -> None:
    """Write what containerd reads when it starts.

    Args:
        directory: The node's own.
        node: Which node it is.
        pause_image: The image of pods' sandboxes; it is imported, never pulled.
        traits: What the node is like.
        version: containerd's, such as "1.6.8"; what is no version counts as the newest.
        oci_runtime: The program that it calls: ``runc``, which is among the node's programs, or ``crun``.
    """
    old = version.startswith("1.")
    program = f"{CRUN_PLACE}/{CRUN}" if oci_runtime == CRUN else f"{traits.bin_directory}/{oci_runtime}"
    plugins: dict[str, dict[str, Any]] = {
        "io.containerd.internal.v1.opt": {"path": "/var/lib/containerd/opt"},
        "io.containerd.nri.v1.nri": {"disable": True},
    }
    runtime: dict[str, Any] = {
        # Without CAP_SYS_RESOURCE runc can't lower a score, and ends with "can't get final child's PID from pipe".
        "restrict_oom_score_adj": not traits.may_lower_oom_score,
        "containerd": {
            "default_runtime_name": oci_runtime,
            "runtimes": {
                oci_runtime: {
                    "runtime_type": "io.containerd.runc.v2",
                    "options": {"BinaryName": program, "SystemdCgroup": False},
                }
            },
        },
    }
    cni = {"conf_dir": str(ETC / node.directory / "cni")}
    if old:
        # docs/cri/config.md of containerd 1.6: format 2, in which the CRI is one plugin.
        runtime["sandbox_image"] = pause_image
        runtime["cni"] = {**cni, "bin_dir": traits.bin_directory}
        runtime["containerd"]["snapshotter"] = traits.snapshotter
        plugins["io.containerd.grpc.v1.cri"] = runtime
    else:
        runtime["cni"] = {**cni, "bin_dirs": [traits.bin_directory], "use_internal_loopback": True}
        plugins["io.containerd.cri.v1.images"] = {
            "snapshotter": traits.snapshotter,
            "pinned_images": {"sandbox": pause_image},
        }
        plugins["io.containerd.cri.v1.runtime"] = runtime
    (directory / "containerd.toml").write_text(_toml(plugins, 2 if old else 3), encoding="utf-8")
    (directory / "cni").mkdir()
    (directory / "cni" / "10-pods.conflist").write_text(json.dumps(_network(node), indent=2), encoding="utf-8")


def _toml(plugins: dict[str, dict[str, Any]], format_version: int) -> str:
    lines = [
        f"version = {format_version}",
        'root = "/var/lib/containerd"',
        'state = "/run/containerd"',
        "[grpc]",
        f'address = "{CONTAINERD_SOCKET}"',
    ]
    for plugin, settings in plugins.items():
        lines.append(f"[plugins.{json.dumps(plugin)}]")
        lines += [f"{key} = {_inline_toml(value)}" for key, value in settings.items()]
    return "\n".join(lines) + "\n"


def _inline_toml(value: object) -> str:
    """A value as inline TOML; JSON's strings, numbers, booleans and arrays are TOML's too."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_inline_toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)


def _network(node: NodePlace) -> dict[str, Any]:
    return {
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [
            {
                "type": "bridge",
                "bridge": BRIDGE,
                # The bridge carries the network's first address, which is how the node reaches its pods.
                "isGateway": True,
                "ipam": {"type": "host-local", "ranges": [[{"subnet": node.pod_network}]], "dataDir": "/run/cni"},
            }
        ],
    }
