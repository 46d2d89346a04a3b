"""The kinds of cluster that cases ask for: the standard one of a version, and those that differ in one setting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from clusters.versions import KubeVersion


@dataclass(frozen=True, slots=True)
class Variant:
    """How a cluster differs from the standard one.

    Attributes:
        without_gates: Whether it is started without the gates that resizing needs.
        kubelet_configuration: Laid over the kubelet's configuration.
        metrics: Whether metrics-server runs.
    """

    without_gates: bool = False
    kubelet_configuration: dict[str, Any] = field(default_factory=dict)
    metrics: bool = True


VARIANTS = {
    "standard": Variant(),
    # As the standard one, for cases that fill the node: beside a resize that is Deferred no other pod is scheduled,
    # since the scheduler counts what it asks for (KEP-1287, Scheduler and API Server Interaction).
    "crowded": Variant(metrics=False),
    "gate-off": Variant(without_gates=True, metrics=False),
    # The static policy wants CPUs set aside for the system (KEP-3570); half of one is the least it takes.
    "static-cpu": Variant(
        kubelet_configuration={"cpuManagerPolicy": "static", "systemReserved": {"cpu": "500m"}}, metrics=False
    ),
}


@dataclass(frozen=True, slots=True, order=True)
class ClusterKey:
    """Which cluster a case runs on: a version (patch included) and a variant."""

    kube_version: KubeVersion
    variant: str = "standard"

    @property
    def label(self) -> str:
        """What people call it: ``1.37.2``, or ``1.37.2 gate-off``."""
        return str(self.kube_version) + ("" if self.variant == "standard" else f" {self.variant}")

    def to_json(self) -> dict[str, str]:
        """The key in JSON types."""
        return {"kube_version": str(self.kube_version), "variant": self.variant}

    @classmethod
    def from_json(cls, document: dict[str, str]) -> ClusterKey:
        """The key that :meth:`to_json` wrote."""
        return cls(KubeVersion.parse(document["kube_version"]), document["variant"])
