"""The local provider: a real cluster from plain processes, ready in seconds, gone without a trace."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters.api import KubeApi
from clusters.components.crun import Crun, crun
from clusters.components.images import pause_archive, stress_archive
from clusters.contract import ClusterError, ClusterRecord, ClusterRequest, Node
from clusters.klog import lines_since
from clusters.local import configuration, diagnosis, keeping, processes
from clusters.local.bootstrap import Bootstrap
from clusters.local.containerd import CRUN_PLACE
from clusters.local.mounts import NODE_ROOT
from clusters.local.node import LocalNode
from clusters.local.prepare import ADMIN_KUBECONFIG, spec, write_files
from clusters.local.state import RECORD_FILE, SPEC_FILE, ClusterFolder, clusters_root, sweep
from clusters.local.supervision import Control
from clusters.local.topology import NodePlace
from clusters.local.warden import FAILURE_FILE
from clusters.local.wardens import Wardens
from clusters.phases import Phases
from clusters.runtimes import CRUN, RUNC, shortcomings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clusters.components.images import ImageArchive
    from clusters.components.resolver import Component, ComponentResolver
    from clusters.local.kinds import NodeKind
    from clusters.local.supervision import Supervisor
    from clusters.progress import Progress

COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")


class LocalProvider:
    """Brings clusters up as processes in namespaces of their own on this host.

    Args:
        resolver: Finds or makes the components.
        kinds: The kinds of node that requests may name.
        stress_image: Pulled instead of the one put together here.
    """

    name = "local"

    def __init__(
        self, resolver: ComponentResolver, kinds: Sequence[NodeKind], *, stress_image: str | None = None
    ) -> None:
        self._resolver = resolver
        self._kinds = {kind.name: kind for kind in kinds}
        self._stress_image = stress_image
        self._wardens = Wardens()

    def create(self, request: ClusterRequest, progress: Progress) -> ClusterRecord:
        """Bring a cluster up and return once it can run pods.

        Raises:
            ClusterError: It did not come up; nothing of it is left but its logs.
        """
        kind = self._kinds[request.node]
        kind.check()
        for name in sweep():
            progress.say(f"removed what was left of cluster {name}, whose owner was killed")
        phases = Phases()
        with phases.phase("components"):
            design = kind.design(request)
            topology = design.topology
            components, images = self._components(request, kind, progress)
            oci = self._crun(progress) if request.runtime.oci_name == CRUN else None
        folder = ClusterFolder(clusters_root() / request.name)
        request.log_directory.mkdir(parents=True, exist_ok=True)
        lock = _take(folder)
        try:
            with phases.phase("processes"):
                ca_pem = write_files(
                    folder.path,
                    request,
                    design,
                    pause_image=images[0].reference,
                    containerd_version=components["containerd"].version,
                )
                on_nodes = {name: components[name] for name in kind.components}
                plan = kind.plan(folder.path, design, on_nodes)
                shown = {f"bin/{name}": components[name].path for name in components if name not in on_nodes}
                shown |= {_image_file(image): image.path for image in images}
                if oci is not None:
                    shown |= {f"{CRUN_PLACE.name}/{name}".rstrip("/"): path for name, path in oci.files.items()}
                port = self._start_warden(folder, spec(folder.path, request, topology, plan, shown), lock)
            kubeconfig = folder.path / ADMIN_KUBECONFIG
            kubeconfig.write_text(kubeconfig.read_text().replace("PORT", str(port)))
            nodes = [kind.node(folder, place) for place in topology.nodes]
            bootstrap = Bootstrap(folder, nodes, KubeApi(kubeconfig), request.log_directory)
            self._wait_until_ready(bootstrap, nodes, request, images, phases, ca_pem)
        except BaseException:
            # The lock goes first: what no warden removes is removed by whoever holds it.
            os.close(lock)
            self._wardens.end(folder)
            raise
        os.close(lock)
        versions = {name: component.version for name, component in components.items()} | plan.versions
        if oci is not None:
            # runc lies beside it, and has no part in anything.
            versions = {name: version for name, version in versions.items() if name != RUNC} | {CRUN: oci.version}
        record = ClusterRecord(
            name=request.name,
            provider=self.name,
            kube_version=str(request.kube_version),
            kubeconfig=str(kubeconfig),
            kubectl=str(components["kubectl"].path),
            stress_image=self._stress_image or images[1].reference,
            log_directory=str(request.log_directory),
            node=kind.name,
            cgroup_version=design.traits.cgroup_version,
            cpu_milli=design.cpus * 1000,
            facts=design.facts | shortcomings(versions),
            components=versions,
            phases_s=phases.seconds,
            private={"folder": str(folder.path), "nodes": [asdict(place) for place in topology.nodes]},
        )
        (folder.path / RECORD_FILE).write_text(json.dumps(record.to_json()), encoding="utf-8")
        return record

    def _components(
        self, request: ClusterRequest, kind: NodeKind, progress: Progress
    ) -> tuple[dict[str, Component], list[ImageArchive]]:
        """The binaries by name, and the archives of the pause image and the stress image."""
        names = (*COMPONENTS, *kind.components, *(["metrics-server"] if request.metrics else []))
        components = self._resolver.resolve(request.kube_version, names, request.runtime.versions)
        if request.kubelet_version is not None:
            components |= self._resolver.resolve(request.kubelet_version, ["kubelet"])
        images = [pause_archive(self._resolver.cache.directory, progress)]
        if self._stress_image is None:
            images.append(stress_archive(self._resolver.cache.directory, progress))
        return components, images

    def _crun(self, progress: Progress) -> Crun:
        return crun(self._resolver.cache, self._resolver.components_dir, progress, place=str(CRUN_PLACE))

    def _wait_until_ready(
        self,
        bootstrap: Bootstrap,
        nodes: Sequence[Node],
        request: ClusterRequest,
        images: Sequence[ImageArchive],
        phases: Phases,
        ca_pem: bytes,
    ) -> None:
        side = ThreadPoolExecutor(max_workers=len(nodes))
        try:
            imports = [side.submit(_import_images, bootstrap, node, images) for node in nodes]
            with phases.phase("API ready"):
                bootstrap.wait_for_service("kube-apiserver", nodes[0])
                bootstrap.apply("kubelet-api-admin.yaml")
                if request.metrics:
                    bootstrap.apply("metrics-server.yaml", ca_pem=ca_pem)
                bootstrap.say_api_ready()
            with phases.phase("node Ready"):
                for node in nodes:
                    bootstrap.wait_for_node(node.name)
            with phases.phase("images imported"):
                for done in imports:
                    done.result()
            if self._stress_image is not None:
                with phases.phase("stress image pulled"):
                    _pull(nodes, self._stress_image)
            if request.metrics:
                with phases.phase("metrics API"):
                    bootstrap.wait_for_metrics()
        finally:
            # After Ctrl-C or a failure nobody waits for the imports: they end by themselves when the cluster goes.
            side.shutdown(wait=False, cancel_futures=True)

    def nodes(self, record: ClusterRecord) -> list[Node]:
        """The cluster's nodes."""
        kind, folder = self._kinds[record.node], _folder_of(record)
        return [kind.node(folder, NodePlace(**place)) for place in record.private["nodes"]]

    def component_metrics(self, record: ClusterRecord, component: str) -> str:
        """A component's /metrics, in the Prometheus text format."""
        api = KubeApi(record.kubeconfig)
        if component == "kube-apiserver":
            return api.text("/metrics")
        if component == "kubelet":
            return api.text(f"/api/v1/nodes/{self.nodes(record)[0].name}/proxy/metrics")
        ports = {
            "kube-scheduler": processes.SCHEDULER_PORT,
            "kube-controller-manager": processes.CONTROLLER_MANAGER_PORT,
        }
        # These two listen on the cluster's own loopback; kubectl there brings the credentials and the trust.
        state = _folder_of(record).state
        if state is None:
            raise ClusterError(f"cluster {record.name} is gone; `python -m clusters list` shows what there is")
        inside = LocalNode("control plane", int(state["init_pid"]), path=str(processes.BIN))
        server = f"https://127.0.0.1:{ports[component]}"
        kubeconfig = f"{processes.ETC}/admin-on-node.kubeconfig"
        return inside.run(["kubectl", f"--kubeconfig={kubeconfig}", f"--server={server}", "get", "--raw", "/metrics"])

    def kubelet_log(self, record: ClusterRecord, node: str, since: float) -> str:
        """A node's kubelet's log from a moment on; the first node's file bears no number."""
        places = [NodePlace(**place) for place in record.private["nodes"]]
        place = next(place for place in places if place.name == node)
        return lines_since(Path(record.log_directory) / f"{place.numbered('kubelet')}.log", since)

    def faults(self, record: ClusterRecord) -> list[str]:
        """One message for each component that has ended."""
        folder, logs = _folder_of(record), Path(record.log_directory)
        if not folder.is_up:
            return [f"cluster {record.name} is gone: its first process or its warden was ended from outside"]
        return [diagnosis.explain(name, code, logs / f"{name}.log") for name, code in folder.ended_processes()]

    def stop(self, record: ClusterRecord, component: str) -> None:
        """End a component; what else runs, and the containers of a kubelet or containerd, goes on."""
        self._supervisor(record, component).stop(component)

    def start(self, record: ClusterRecord, component: str) -> None:
        """Start a component that was stopped, and return once it serves again."""
        self._supervisor(record, component).start(component)
        node = self.nodes(record)[0]
        bootstrap = Bootstrap(_folder_of(record), (), KubeApi(record.kubeconfig), Path(record.log_directory))
        bootstrap.wait_for_service(component, node)

    def configure_kubelet(self, record: ClusterRecord, changes: Mapping[str, Any]) -> None:
        """Lay changes over the kubelet's configuration file, for its next start."""
        place = NodePlace(**record.private["nodes"][0])
        etc = _folder_of(record).path / processes.ETC.relative_to(NODE_ROOT) / place.directory
        text = configuration.changed_kubelet_configuration(etc, changes)
        # Written on the node, as a kernel of its own may keep what it has read of the host's files.
        file = str(processes.ETC / place.directory / configuration.KUBELET_FILE)
        self.nodes(record)[0].run(["sh", "-c", 'printf %s "$2" > "$1"', "sh", file, text])

    def destroy(self, record: ClusterRecord, *, keep: bool = False) -> None:
        """Remove the cluster with all its traces, or let go of it so that it outlives this process."""
        folder = _folder_of(record)
        if not keep:
            self._wardens.end(folder)
            return
        self._wardens.keep(folder)

    def _supervisor(self, record: ClusterRecord, component: str) -> Supervisor:
        folder, kind = _folder_of(record), self._kinds[record.node]
        if component in kind.components:
            return kind.supervisor(folder, NodePlace(**record.private["nodes"][0]))
        return Control(folder)

    def _start_warden(self, folder: ClusterFolder, spec: dict[str, object], lock: int) -> int:
        """Start the warden and return the API's port on this host's loopback."""
        spec_file = folder.path / SPEC_FILE
        spec_file.write_text(json.dumps(spec), encoding="utf-8")
        log = Path(str(spec["log_directory"])) / "warden.log"

        def explain() -> str:
            failure = folder.path / FAILURE_FILE
            if failure.exists():
                return f"the local cluster can't start: {failure.read_text(encoding='utf-8')}"
            return diagnosis.explain("warden", self._wardens.exit_code(folder), log)

        self._wardens.start(folder, "clusters.local.warden", spec_file, lock=lock, log=log, explain=explain)
        state = folder.state
        assert state is not None
        return int(state["port"])


def _take(folder: ClusterFolder) -> int:
    try:
        return keeping.take(folder.path, patience_s=0.5)
    except BlockingIOError as error:
        raise ClusterError(
            f"a local cluster named {folder.name} is running; remove it with `python -m clusters rm {folder.name}`"
        ) from error


def _folder_of(record: ClusterRecord) -> ClusterFolder:
    return ClusterFolder(Path(record.private["folder"]))


def _image_file(image: ImageArchive) -> str:
    return f"images/{image.path.name}"


def _import_images(bootstrap: Bootstrap, node: Node, images: Sequence[ImageArchive]) -> None:
    """Import the archives as soon as containerd answers."""
    bootstrap.wait_for_service("containerd", node)
    for image in images:
        node.run(["ctr", "-n", "k8s.io", "images", "import", f"{NODE_ROOT}/{_image_file(image)}"], timeout_s=60)


def _pull(nodes: Sequence[Node], image: str) -> None:
    for node in nodes:
        if not isinstance(node, LocalNode):
            raise ClusterError("--stress-image needs --node host: a user-mode node has no way to a registry")
        node.pull(image)
