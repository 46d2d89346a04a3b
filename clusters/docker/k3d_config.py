"""k3d's configuration (k3d.io/v1alpha5) for a cluster, alone or on top of a file of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from clusters.contract import ClusterError
from clusters.docker.kind import FAIL_CGROUP_V1_FROM_MINOR

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clusters.docker.flavours import Plan

API_VERSION = "k3d.io/v1alpha5"
#: Newer ones that k3d itself takes; v1alpha3 (k3d 5.0) has the cluster's name at the top.
ACCEPTED = ("k3d.io/v1alpha3", "k3d.io/v1alpha4", API_VERSION)
#: What takes a feature gate, by k3s's flag, and on which nodes it runs.
_COMPONENTS = {
    "--kube-apiserver-arg": ("server:*",),
    "--kube-scheduler-arg": ("server:*",),
    "--kube-controller-manager-arg": ("server:*",),
    "--kubelet-arg": ("server:*", "agent:*"),
}
#: Part of k3s by default, and of no use to any case: a small machine's CPU time is worth more.
_DISABLED = ("traefik", "servicelb", "local-storage", "coredns")
_GATES = "feature-gates="


def read_base(path: Path) -> dict[str, Any]:
    """A file for ``--k3d-config``.

    Raises:
        ClusterError: It can't be read, or is no k3d configuration that can be built upon.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ClusterError(f"--k3d-config {path} can't be read: {error}") from error
    if not isinstance(document, dict) or document.get("kind") != "Simple":
        raise ClusterError(f"--k3d-config {path} is no k3d configuration: it needs `kind: Simple`")
    if document.get("apiVersion") not in ACCEPTED:
        raise ClusterError(
            f"--k3d-config {path} has apiVersion {document.get('apiVersion')}; known: {', '.join(ACCEPTED)}"
        )
    return document


def gates_of(base: Mapping[str, Any]) -> dict[str, bool]:
    """The feature gates that a configuration gives to any component: in k3s, one process serves them all."""
    gates = {}
    for entry in base.get("options", {}).get("k3s", {}).get("extraArgs", []):
        _, found, text = str(entry["arg"]).partition(f"={_GATES}")
        for gate in filter(None, text.split(",")) if found else []:
            name, _, value = gate.partition("=")
            gates[name] = value.lower() == "true"
    return gates


def configuration(plan: Plan, base: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a cluster.

    Args:
        plan: The cluster.
        base: The user's document, empty for none; its name, its image and its feature gates are replaced.
    """
    request = plan.request
    kept = {key: value for key, value in base.items() if key not in {"apiVersion", "name", "metadata", "image"}}
    options = {key: dict(value) for key, value in kept.pop("options", {}).items()}
    own = [entry for entry in options.get("k3s", {}).get("extraArgs", []) if f"={_GATES}" not in str(entry["arg"])]
    document = {
        "apiVersion": API_VERSION,
        "kind": "Simple",
        "metadata": {"name": plan.name},
        "servers": 1,
        "agents": request.nodes - 1,
        # Without this the API would listen on every address of the host.
        "kubeAPI": {"host": "127.0.0.1", "hostIP": "127.0.0.1"},
        **kept,
        "image": plan.image,
        "options": {
            **options,
            "k3d": {**options.get("k3d", {}), "wait": True, "timeout": "180s", "disableLoadbalancer": True},
            "k3s": {**options.get("k3s", {}), "extraArgs": []},
            # The user's kubeconfig is left alone.
            "kubeconfig": {"updateDefaultKubeconfig": False, "switchCurrentContext": False},
        },
    }
    agents = int(document["agents"]) > 0
    document["options"]["k3s"]["extraArgs"] = [*own, *_arguments(plan, has_agents=agents)]
    return document


def _arguments(plan: Plan, *, has_agents: bool) -> list[dict[str, Any]]:
    request = plan.request

    def argument(text: str, nodes: tuple[str, ...]) -> dict[str, Any]:
        return {"arg": text, "nodeFilters": [node for node in nodes if has_agents or node != "agent:*"]}

    found = [argument(f"--disable={part}", ("server:*",)) for part in _DISABLED]
    if request.feature_gates:
        # All in one argument: a repeated flag replaces the one before it.
        gates = ",".join(f"{name}={str(on).lower()}" for name, on in request.feature_gates.items())
        found += [argument(f"{flag}={_GATES}{gates}", nodes) for flag, nodes in _COMPONENTS.items()]
    kubelet = dict(request.kubelet_configuration)
    if plan.cgroup_version == "v1" and request.kube_version.minor >= FAIL_CGROUP_V1_FROM_MINOR:
        kubelet["failCgroupV1"] = False
    for name, value in kubelet.items():
        found.append(argument(f"--kubelet-arg={_flag(name)}={_text(value)}", _COMPONENTS["--kubelet-arg"]))
    return found


def _flag(field: str) -> str:
    """A field of the KubeletConfiguration as the kubelet's flag is called: ``systemReserved``, ``system-reserved``."""
    text = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in field)
    # The one whose capitals are no words: failCgroupV1 is --fail-cgroupv1.
    return text.replace("cgroup-v1", "cgroupv1")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)
