"""Which provider the contract is tested on, in a form that another process can be given."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from clusters.components.resolver import ComponentResolver
from clusters.contract import ClusterRequest
from clusters.existing.provider import ExistingProvider
from clusters.progress import Progress
from clusters.providers import docker_provider, local_provider
from clusters.versions import KubeVersion
from resize.behaviour import Behaviour

if TYPE_CHECKING:
    from clusters.contract import Provider
    from fixtures.options import Options


@dataclass(frozen=True, slots=True)
class Asked:
    """A provider and the kind of cluster that is asked of it.

    Attributes:
        name: The provider's.
        version: Of Kubernetes, in full.
        node: The kind of node.
        nodes: How many.
        image: The value of ``--node-image``.
    """

    name: str
    version: str
    node: str
    nodes: int = 1
    image: str | None = None

    @classmethod
    def by(cls, options: Options) -> Asked:
        """What a run with these options would ask for first."""
        key = options.clusters[0]
        return cls(options.provider, str(key.kube_version), key.platform.node, options.nodes, options.node_image)

    @classmethod
    def from_json(cls, text: str) -> Asked:
        """What :meth:`to_json` wrote."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """For another process."""
        return json.dumps(asdict(self))

    def provider(self, *, cache: Path | None = None) -> Provider:
        """The provider, with components from a cache."""
        resolver = ComponentResolver(cache_dir=cache, progress=Progress())
        if self.name == "local":
            return local_provider(resolver, Progress())
        if self.name == "existing":
            run_id = f"contract-{uuid4().hex[:8]}"
            return ExistingProvider(None, None, node_access=True, stress_image=None, run_id=run_id, resolver=resolver)
        return docker_provider(self.name, resolver, node_image=self.image)

    def request(self, name: str, logs: Path, **others: Any) -> ClusterRequest:
        """A request for a cluster of this name, with the gates that its version needs."""
        version = KubeVersion.parse(self.version)
        wanted: dict[str, Any] = {
            "kube_version": version,
            "name": name,
            "log_directory": logs,
            "feature_gates": dict.fromkeys(Behaviour.for_version(version).release.gates, True),
            "node": self.node,
            "nodes": self.nodes,
        }
        return ClusterRequest(**wanted | others)
