"""The provider ``existing``: the cluster that the user has. It asks for little, keeps to itself, and leaves nothing."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from clusters.api import ApiError, ApiUnreachableError, KubeApi
from clusters.components.images import STRESS_REFERENCE
from clusters.components.pins import resolve_version
from clusters.contract import NO_NODE_ACCESS, ClusterError, ClusterRecord, NoNodeAccessError
from clusters.existing import nodeaccess, workspace
from clusters.existing.folders import RunFolder, sweep_folders
from clusters.existing.kubeconfig import private_copy
from clusters.existing.lease import RunLease
from clusters.existing.node import HiddenNode, PodNode
from clusters.existing.ours import NAMESPACE
from clusters.existing.places import choose_places
from clusters.existing.survey import kubeconfig_files, require_support, survey
from clusters.local.state import clusters_root, told_if_unwritable
from clusters.phases import Phases
from clusters.progress import Progress
from clusters.untouched import UntouchedComponents
from resize.cgroup_paths import detect_cgroup_version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from clusters.components.resolver import ComponentResolver
    from clusters.contract import ClusterRequest, Node
    from clusters.existing.nodes import NodeFacts
    from clusters.existing.survey import Survey

#: Where the suite's own image is on no node: stress and a shell, 4 MB.
PUBLIC_IMAGE = "docker.io/polinux/stress:latest"
_RUNC = re.compile(r"^runc version (\S+)", re.MULTILINE)


class ExistingProvider(UntouchedComponents):
    """Uses a cluster that is there; makes namespaces in it, and on request a pod that reads the nodes.

    Args:
        kubeconfig: Leads to the cluster; None for the one that kubectl would take.
        context: One of its contexts; None for the current one.
        node_access: Whether privileged pods may be started to read cgroups.
        stress_image: The image that the cases' pods run, as the cluster's nodes pull it.
        run_id: Goes into the labels of all that is made.
        resolver: Finds kubectl where PATH has none.
    """

    name = "existing"

    def __init__(
        self,
        kubeconfig: Path | None,
        context: str | None,
        *,
        node_access: bool,
        stress_image: str | None,
        run_id: str,
        resolver: ComponentResolver,
    ) -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._node_access = node_access
        self._stress_image = stress_image
        self._run_id = run_id
        self._resolver = resolver
        self._folder: RunFolder | None = None
        self._api: KubeApi | None = None
        self._lease: RunLease | None = None

    def create(self, request: ClusterRequest, progress: Progress) -> ClusterRecord:
        """Look at the cluster, take its Lease, and make what the run needs there.

        Raises:
            ClusterError: The cluster can't be used, or another run uses it. Nothing of this run is left there.
        """
        phases = Phases()
        with phases.phase("survey"):
            found = survey(self._kubeconfig, self._context)
            require_support(found)
            self._require_node_rights(found)
            places = choose_places(found.nodes)
        image = self._image(places.nodes)
        sweep_folders()
        try:
            with told_if_unwritable(clusters_root()):
                self._folder = RunFolder(self._run_id)
                kubeconfig = private_copy(kubeconfig_files(self._kubeconfig), self._context, self._folder.path)
            self._api = api = KubeApi(kubeconfig)
            with phases.phase("Lease"):
                self._take(api, progress)
            nodes: list[Node] = []
            private: list[dict[str, str]] = [{"name": node.name} for node in places.nodes]
            if self._node_access:
                with phases.phase("node access"):
                    private = self._reach(api, places.nodes, image, progress)
                nodes = [PodNode(api, **entry) for entry in private]
            return ClusterRecord(
                name=f"existing-{self._run_id}",
                provider=self.name,
                kube_version=str(found.kube_version),
                kubeconfig=str(kubeconfig),
                kubectl=self._kubectl(found, progress),
                stress_image=image,
                log_directory=str(request.log_directory),
                node=self.name,
                cgroup_version=_cgroup_version(nodes) or found.cgroup_version,
                cpu_milli=places.cpu_milli,
                facts=self._facts(found, image),
                components=_components(places.nodes, nodes),
                phases_s=phases.seconds,
                private={"nodes": private},
            )
        except BaseException as error:
            problem = self._clear()
            if problem and isinstance(error, ClusterError):
                raise ClusterError(f"{error}\n{problem}") from error
            raise

    def nodes(self, record: ClusterRecord) -> list[Node]:
        """The nodes that the run uses; where there is no access to them, all but their names is out of reach."""
        if NO_NODE_ACCESS in record.facts:
            return [HiddenNode(entry["name"]) for entry in record.private["nodes"]]
        api = KubeApi(record.kubeconfig)
        return [PodNode(api, **entry) for entry in record.private["nodes"]]

    def component_metrics(self, record: ClusterRecord, component: str) -> str:
        """What the API server and the kubelets serve as /metrics; the other components' can't be reached from outside.

        Raises:
            ClusterError: The component can't be reached.
            NoNodeAccessError: Or not by this user.
        """
        node = record.private["nodes"][0]["name"]
        paths = {"kube-apiserver": "/metrics", "kubelet": f"/api/v1/nodes/{node}/proxy/metrics"}
        if component not in paths:
            raise NoNodeAccessError(f"no node access: {component} serves its metrics to its own machine alone")
        try:
            return KubeApi(record.kubeconfig).text(paths[component])
        except ApiError as error:
            if error.status == 403:
                raise NoNodeAccessError(f"no node access: this user may not get {paths[component]}") from error
            raise ClusterError(f"{component} can't be asked for its metrics: {error}") from error

    def kubelet_log(self, record: ClusterRecord, node: str, since: float) -> str:
        """Nothing: a kubelet's log tells of everybody's pods.

        Raises:
            NoNodeAccessError: Always.
        """
        raise NoNodeAccessError(
            f"no node access: the kubelet's log of node {node} since {since:.0f} is left alone in {record.name}, as it "
            "tells of others' pods too"
        )

    def faults(self, record: ClusterRecord) -> list[str]:
        """What keeps a case from saying anything about resizing: a node that is not Ready, a Lease that was lost."""
        found = [self._lease.lost] if self._lease is not None and self._lease.lost else []
        api = KubeApi(record.kubeconfig)
        try:
            for entry in record.private["nodes"]:
                conditions = api.get(f"/api/v1/nodes/{entry['name']}")["status"]["conditions"]
                found += [
                    f"node {entry['name']} is not Ready: {condition.get('message', '')}"
                    for condition in conditions
                    if condition["type"] == "Ready" and condition["status"] != "True"
                ]
        except (ApiError, ApiUnreachableError) as error:
            found.append(f"the cluster's nodes can't be looked at: {error}")
        return found

    def destroy(self, record: ClusterRecord, *, keep: bool = False) -> None:
        """Remove all that this run made. With ``keep`` too: the cluster is somebody else's, and stays by itself.

        Raises:
            ClusterError: Something is left; the message says what, and how to remove it.
        """
        if keep:
            Progress().say(f"{record.name}: the cluster stays as it was; what the run made in it goes all the same")
        if problem := self._clear():
            raise ClusterError(problem)

    def _require_node_rights(self, found: Survey) -> None:
        if self._node_access and found.lacking["node access"]:
            raise ClusterError(
                f"--node-access pod: this user may not {'; '.join(found.lacking['node access'])}. Without that option "
                "the API's layers alone are tested; docs/rbac.yaml has the rights for it"
            )

    def _image(self, nodes: Sequence[NodeFacts]) -> str:
        if self._stress_image is not None:
            return self._stress_image
        return STRESS_REFERENCE if all(node.has_stress_image for node in nodes) else PUBLIC_IMAGE

    def _take(self, api: KubeApi, progress: Progress) -> None:
        """Take the Lease, and remove what dead runs left."""
        with progress.step(f"namespace {NAMESPACE} and its Lease"):
            workspace.open_workspace(api, self._run_id, privileged=self._node_access)
            lease = RunLease(api, self._run_id)
            lease.acquire()
        self._lease = lease
        for name in workspace.sweep(api):
            progress.say(f"removing {name}, which a run that was killed left in the cluster")

    def _reach(self, api: KubeApi, nodes: Sequence[NodeFacts], image: str, progress: Progress) -> list[dict[str, str]]:
        """Start the pods that read nodes, and make sure that they can."""
        names = [node.name for node in nodes]
        progress.say(
            f"--node-access pod: starting a privileged pod on {', '.join(names)} to read cgroup files, namespace "
            f"{NAMESPACE}, image {image}; it goes when the run ends"
        )
        try:
            with progress.step("pods that read the nodes"):
                paths = nodeaccess.deploy(api, self._run_id, image, names)
        except ApiError as error:
            raise ClusterError(f"no node access: the cluster refuses the pods that read its nodes: {error}") from error
        return [{"name": node.name, "pod_path": paths[node.name], "socket": _socket(node)} for node in nodes]

    def _facts(self, found: Survey, image: str) -> dict[str, str]:
        facts = {} if self._node_access else {NO_NODE_ACCESS: "--node-access pod was not given"}
        facts |= {layer.name: layer.detail for layer in found.layers if not layer.ok}
        return facts | {"image": image}

    def _kubectl(self, found: Survey, progress: Progress) -> str:
        """PATH's kubectl, else one of the cluster's version; empty where there is neither."""
        if installed := shutil.which("kubectl"):
            return installed
        try:
            version = resolve_version(found.kube_version)
            return str(self._resolver.resolve(version, ["kubectl"])["kubectl"].path)
        except (ClusterError, ValueError) as error:
            progress.say(f"there is no kubectl, so cases that use it are left out: {error}")
            return ""

    def _clear(self) -> str:
        """Remove all that this run made, as far as that works; return what went wrong, if anything did."""
        problems = []
        try:
            if self._api is not None and self._lease is not None:
                self._clear_cluster(self._api, self._lease)
        except (ApiError, ClusterError) as error:
            problems.append(
                f"something of run {self._run_id} may be left in the cluster: {error}. Remove it with `python -m "
                "clusters sweep`, and the same --kubeconfig and --context"
            )
        finally:
            if self._lease is not None:
                self._lease.stop()
            if self._folder is not None:
                self._folder.remove()
            self._api = self._lease = self._folder = None
        return "\n".join(problems)

    def _clear_cluster(self, api: KubeApi, lease: RunLease) -> None:
        if lease.lost:
            # Whoever has it now swept.
            return
        going = workspace.sweep(api, run_id=self._run_id)
        nodeaccess.until_gone(api, self._run_id)
        workspace.until_gone(api, workspace.namespaces_in(going))
        # The Lease goes with its namespace, so that no other run can take it before.
        if workspace.close_workspace(api):
            lease.stop()
            workspace.until_gone(api, [NAMESPACE])
        else:
            lease.remove()


def _socket(node: NodeFacts) -> str:
    endpoint = str((node.configuration or {}).get("containerRuntimeEndpoint") or "")
    return endpoint.removeprefix("unix://")


def _cgroup_version(nodes: Sequence[Node]) -> str:
    """What the nodes themselves show; empty where they can't be read, or differ."""
    found = {detect_cgroup_version(node) for node in nodes}
    return found.pop() if len(found) == 1 else ""


def _components(facts: Sequence[NodeFacts], nodes: Sequence[Node]) -> dict[str, str]:
    """The versions that are the same on all nodes that the run uses."""
    seen: list[dict[str, str]] = [
        {"kubelet": node.kubelet_version, node.runtime: node.runtime_version} for node in facts
    ]
    for versions, node in zip(seen, nodes, strict=False):
        with suppress(ClusterError, NoNodeAccessError):
            if match := _RUNC.search(node.run(["runc", "--version"])):
                versions["runc"] = match[1]
    first, *others = seen
    return {name: version for name, version in first.items() if all(other.get(name) == version for other in others)}
