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
        cpus: How many CPUs the node has at least; None for any number.
    """

    without_gates: bool = False
    kubelet_configuration: dict[str, Any] = field(default_factory=dict)
    metrics: bool = True
    cpus: int | None = None


VARIANTS = {
    "standard": Variant(),
    # As the standard one, for cases that fill the node: beside a resize that is Deferred no other pod is scheduled,
    # since the scheduler counts what it asks for (KEP-1287, Scheduler and API Server Interaction).
    "crowded": Variant(metrics=False),
    "gate-off": Variant(without_gates=True, metrics=False),
    # The static policy wants CPUs set aside for the system (KEP-3570); half of one is the least it takes. That leaves
    # one to be given away only where there are two.
    "static-cpu": Variant(
        kubelet_configuration={"cpuManagerPolicy": "static", "systemReserved": {"cpu": "500m"}}, metrics=False, cpus=2
    ),
}


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """What kind of nodes a cluster has: where they run (``host``, ``uml``, ``kind``, ...), and their cgroup version.

    The version is empty where it is not known before the cluster is looked at.
    """

    node: str
    cgroup_version: str

    @property
    def label(self) -> str:
        """What people call it: ``uml v2``."""
        return f"{self.node} {self.cgroup_version}".rstrip()


@dataclass(frozen=True, slots=True, order=True)
class ClusterKey:
    """Which cluster a case runs on: a version (patch included), a platform and a variant."""

    kube_version: KubeVersion
    platform: Platform
    variant: str = "standard"

    @property
    def label(self) -> str:
        """What people call it: ``1.37.2 uml v2``, or ``1.37.2 uml v2 gate-off``."""
        return self.standard_label + ("" if self.variant == "standard" else f" {self.variant}")

    @property
    def standard_label(self) -> str:
        """The label without the variant."""
        return f"{self.kube_version} {self.platform.label}"

    def to_json(self) -> dict[str, str]:
        """The key in JSON types."""
        return {
            "kube_version": str(self.kube_version),
            "node": self.platform.node,
            "cgroup_version": self.platform.cgroup_version,
            "variant": self.variant,
        }

    @classmethod
    def from_json(cls, document: dict[str, str]) -> ClusterKey:
        """The key that :meth:`to_json` wrote."""
        platform = Platform(document["node"], document["cgroup_version"])
        return cls(KubeVersion.parse(document["kube_version"]), platform, document["variant"])
