"""Placeholder while the real survey is being written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clusters.versions import KubeVersion


@dataclass(frozen=True)
class Survey:
    """Placeholder."""

    kube_version: KubeVersion
    cgroup_version: str
    nodes: tuple[str, ...]


def survey(kubeconfig: Path | None, context: str | None) -> Survey:
    """Placeholder."""
    raise NotImplementedError(kubeconfig, context)


def require_support(found: Survey) -> None:
    """Placeholder."""
    raise NotImplementedError(found)
