"""Kubelets that are older than their API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusters.components.pins import load_pins, resolve_version
from clusters.variants import VARIANTS
from clusters.versions import KubeVersion

if TYPE_CHECKING:
    from clusters.variants import ClusterKey


def kubelet_version(key: ClusterKey) -> KubeVersion | None:
    """The kubelet's version where the cluster's variant wants an older one, patch included; else None.

    Raises:
        ComponentError: No version of that minor is pinned.
    """
    minors = VARIANTS[key.variant].kubelet_older_by
    if not minors:
        return None
    return resolve_version(KubeVersion(key.kube_version.major, key.kube_version.minor - minors))


def why_not(key: ClusterKey, provider: str) -> str | None:
    """Why there is no such variant of this version with this provider, or None if there is."""
    variant = VARIANTS[key.variant]
    if variant.by_component and provider != "local":
        return f"needs a cluster whose components are started one by one (--cluster local), for {key.variant}"
    older = KubeVersion(key.kube_version.major, key.kube_version.minor - variant.kubelet_older_by)
    if variant.needs_numa and not key.platform.has_numa:
        return f"needs nodes with NUMA, which a user-mode kernel has none of, for {key.variant}"
    if variant.kubelet_older_by and older.minor_text not in load_pins().kube_patches:
        return f"no kubelet of Kubernetes {older} is pinned"
    return None
