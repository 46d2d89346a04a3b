"""From a cluster that the tool calls ready to one that runs cases: nodes, gates, image, metrics."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters import readiness
from clusters.components.images import stress_archive
from clusters.contract import ClusterError, NotInTimeError
from clusters.docker.metrics import component_metrics
from clusters.existing.nodes import NodeFacts
from clusters.versions import KubeVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clusters.api import KubeApi
    from clusters.components.resolver import ComponentResolver
    from clusters.docker.flavours import Flavour, Plan
    from clusters.docker.node import DockerNode
    from clusters.docker.tools import Tool
    from clusters.phases import Phases
    from clusters.progress import Progress

MANIFEST = Path(__file__).with_name("manifests") / "metrics-server.yaml"
#: A node is Ready within seconds of its kubelet's start; pulling metrics-server's image takes longer.
NODE_TIMEOUT_S = 120.0
METRICS_TIMEOUT_S = 180.0
#: What the cases that ask for most want beyond :data:`fixtures.turns.CASE_CPU_MILLI`: 100m and 600m at a time.
LARGE_CASE_MORE_MILLI = 300
#: How often the image is loaded before the tool is believed not to be able to.
LOADS = 2
_LOOK_S = 0.1


class Start:
    """One cluster's way from the tool's word to the first case.

    Args:
        plan: The cluster.
        flavour: Its tool.
        nodes: Its nodes, the control plane first.
        api: Its API.
        faults: What is broken in it by now, so that nobody waits for a node that has ended.
    """

    def __init__(
        self,
        plan: Plan,
        flavour: Flavour,
        nodes: Sequence[DockerNode],
        api: KubeApi,
        faults: Callable[[], list[str]],
    ) -> None:
        self._plan = plan
        self._flavour = flavour
        self._nodes = nodes
        self._api = api
        self._faults = faults
        self.stress_image = ""

    def finish(
        self,
        tool: Tool,
        kubectl: Tool,
        phases: Phases,
        resolver: ComponentResolver,
        *,
        stress_image: str | None,
        progress: Progress,
    ) -> None:
        """Do and wait for everything that is left.

        Raises:
            ClusterError: Something does not come true.
        """
        metrics = self._plan.request.metrics
        with phases.phase("node Ready"):
            if metrics and not self._flavour.has_metrics:
                kubeconfig = f"--kubeconfig={self._plan.kubeconfig}"
                kubectl.run("apply", kubeconfig, "--server-side", "-f", str(MANIFEST), log=self._plan.log)
            for node in self._nodes:
                self._until(f"node {node.name} Ready", partial(readiness.node_ready, self._api, node.name))
            self._until("the default service account", partial(readiness.default_service_account, self._api))
        with phases.phase("gates checked"):
            self._require_version()
            self._require_gates()
        with phases.phase("images loaded"):
            self.stress_image = stress_image or self._load(tool, resolver, progress)
            if stress_image is not None:
                for node in self._nodes:
                    node.run(["crictl", "pull", stress_image], timeout_s=600)
        if metrics:
            with phases.phase("metrics API"):
                self._until("the metrics API", partial(readiness.metrics_api, self._api), timeout_s=METRICS_TIMEOUT_S)

    def version(self) -> KubeVersion:
        """The API server's version."""
        return KubeVersion.parse(self._api.get("/version")["gitVersion"])

    def free_cpu_milli(self) -> int:
        """What is left for cases of each node's CPU, on the fullest one: the control plane's pods ask for a part of it.

        A few cases ask for more than others; without room for one of these they would wait for each other.
        """
        free = []
        for node in self._nodes:
            pods = self._api.get("/api/v1/pods", fieldSelector=f"spec.nodeName={node.name}")["items"]
            free.append(NodeFacts.of(self._api.get(f"/api/v1/nodes/{node.name}")).with_pods(pods).free_cpu_milli or 0)
        return min(free) - LARGE_CASE_MORE_MILLI

    def node_info(self) -> dict[str, Any]:
        """What the control plane node's kubelet says of itself."""
        info: dict[str, Any] = self._api.get(f"/api/v1/nodes/{self._nodes[0].name}")["status"]["nodeInfo"]
        return info

    def _require_version(self) -> None:
        asked, found = self._plan.request.kube_version, self.version()
        if found != asked:
            raise ClusterError(
                f"the node image {self._plan.image} has Kubernetes {found}, and {asked} was asked for: name the image "
                f"of that version with --node-image, or ask for {found}"
            )

    def _require_gates(self) -> None:
        wanted = self._plan.request.feature_gates
        kubelets = [f"kubelet {node.name}" for node in self._nodes]
        for component in ("kube-apiserver", "kube-scheduler", "kube-controller-manager", *kubelets):
            metrics = partial(component_metrics, self._api, self._nodes, component)
            readiness.require_gates(wanted, component, metrics)

    def _load(self, tool: Tool, resolver: ComponentResolver, progress: Progress) -> str:
        """Bring the stress image onto the nodes, and look for it there, whatever the tool said of it."""
        archive = stress_archive(resolver.cache.directory, progress)
        trouble = ""
        for _ in range(LOADS):
            try:
                self._flavour.load(tool, self._plan, archive.path)
            except ClusterError as error:
                # k3d 5.8.3 tells of a closed connection, at times, or hangs, when a node has read all that it needs.
                trouble = f"\n{error}"
            lacking = [node.name for node in self._nodes if archive.reference not in _images_on(node)]
            if not lacking:
                return archive.reference
        raise ClusterError(
            f"`{tool.name}` was to load the image {archive.reference}, but it is not on node {', '.join(lacking)}; its "
            f"log is {self._plan.log}{trouble}"
        )

    def _until(self, what: str, look: Callable[[], None], *, timeout_s: float = NODE_TIMEOUT_S) -> None:
        def look_once() -> None:
            faults = self._faults()
            if faults:
                raise ClusterError("\n".join(faults))
            look()

        try:
            readiness.until(look_once, timeout_s=timeout_s, every_s=_LOOK_S)
        except readiness.NOT_YET as error:
            raise NotInTimeError(
                f"{what} did not come true within {timeout_s:.0f} s ({error}); the nodes' logs are in "
                f"{self._plan.request.log_directory}"
            ) from error


def _images_on(node: DockerNode) -> list[str]:
    return node.run(["ctr", "--namespace=k8s.io", "images", "list", "--quiet"]).split()
