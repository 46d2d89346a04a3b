"""The feature gates that a cluster's components are started with, by its version and variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusters.skew import kubelet_version
from clusters.variants import GATED, VARIANTS
from resize.behaviour import Behaviour
from resize.features import RESIZE_GATE

if TYPE_CHECKING:
    from clusters.variants import ClusterKey
    from clusters.versions import KubeVersion


def common_gates(key: ClusterKey) -> dict[str, bool]:
    """The gates of every component but those of :func:`component_gates`."""
    return _gates(key, key.kube_version, on=bool(VARIANTS[key.variant].gates_on))


def component_gates(key: ClusterKey) -> dict[str, dict[str, bool]]:
    """All gates of each component that is started with other ones than most, by its name."""
    variant, older = VARIANTS[key.variant], kubelet_version(key)
    found = {name: _gates(key, key.kube_version, on=name in variant.gates_on) for name in GATED}
    if older is not None:
        # Whoever has to turn the feature on does so everywhere; who hasn't to leaves old kubelets as they are.
        asked = Behaviour.for_version(key.kube_version).release.gates
        found["kubelet"] = _gates(key, older, on=True) if asked else {}
    return {name: gates for name, gates in found.items() if gates != common_gates(key)}


def has_feature(key: ClusterKey, component: str) -> bool:
    """Whether a component has the feature on."""
    version = kubelet_version(key) if component == "kubelet" else None
    release = Behaviour.for_version(version or key.kube_version).release
    gates = component_gates(key).get(component, common_gates(key))
    return gates.get(RESIZE_GATE, release.stage != "alpha")


def _gates(key: ClusterKey, version: KubeVersion, *, on: bool) -> dict[str, bool]:
    """The gates of a component of this version."""
    release = Behaviour.for_version(version).release
    gates = {**dict.fromkeys(release.gates, on), **dict.fromkeys(VARIANTS[key.variant].more_gates, True)}
    if not on and release.stage == "beta":
        gates[RESIZE_GATE] = False
    return gates
