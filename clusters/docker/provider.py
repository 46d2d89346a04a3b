"""The providers kind and k3d: a cluster of containers, made and removed by the real tool, owned by a warden."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.api import KubeApi
from clusters.contract import ClusterError, ClusterRecord, ClusterRequest, Node
from clusters.docker.causes import likely_cause
from clusters.docker.engine import Engine, EngineInfo
from clusters.docker.facts import container_faults, facts_of, versions_of, why_hopeless
from clusters.docker.flavours import Flavour, Plan
from clusters.docker.images import node_image, remark_on_tool
from clusters.docker.metrics import component_metrics
from clusters.docker.node import DockerNode
from clusters.docker.start import Start
from clusters.docker.tools import Tool, find_tool
from clusters.local import keeping
from clusters.local.state import RECORD_FILE, ClusterFolder, clusters_root, sweep, told_if_unwritable
from clusters.local.wardens import Wardens
from clusters.phases import Phases
from clusters.untouched import UntouchedComponents

if TYPE_CHECKING:
    from clusters.components.resolver import ComponentResolver
    from clusters.progress import Progress


class DockerProvider(UntouchedComponents):
    """Brings clusters up with one of the tools.

    Args:
        flavour: The tool.
        resolver: Gets the tool, kubectl and the stress image where they are not there.
        image: The value of ``--node-image``.
        stress_image: Pulled by the nodes instead of the one put together here.
    """

    def __init__(
        self,
        flavour: Flavour,
        resolver: ComponentResolver,
        *,
        image: str | None = None,
        stress_image: str | None = None,
    ) -> None:
        self.name = flavour.name
        self._flavour = flavour
        self._resolver = resolver
        self._image = image
        self._stress_image = stress_image
        self._engine = Engine()
        #: Each node has one long-lived shell, which every case of this process uses.
        self._nodes: dict[str, list[DockerNode]] = {}
        self._wardens = Wardens()

    def create(self, request: ClusterRequest, progress: Progress) -> ClusterRecord:
        """Bring a cluster up and return once it can run pods.

        Raises:
            ClusterError: It did not come up; nothing of it is left but its logs.
        """
        for name in sweep():
            progress.say(f"removed what was left of cluster {name}, whose owner was killed")
        phases = Phases()
        with phases.phase("components"):
            info = self._engine.info
            tool = find_tool(self.name, self._resolver, request.kube_version)
            kubectl = find_tool("kubectl", self._resolver, request.kube_version)
            image = node_image(self.name, request.kube_version, self._image)
            self._engine.require_image(image, progress, option="--node-image")
        if remark := remark_on_tool(self.name, request.kube_version, self._image, tool.version):
            progress.say(remark)
        if request.cpus is not None and info.cpus < request.cpus:
            raise ClusterError(f"the engine's host has {info.cpus} CPU, and the cluster is to have {request.cpus}")
        folder = ClusterFolder(clusters_root() / short_name(request.name, self._flavour.longest_name))
        plan = Plan(folder.name, image, request, info.cgroup_version, folder.path)
        with told_if_unwritable(folder.path):
            request.log_directory.mkdir(parents=True, exist_ok=True)
            lock = self._take(folder)
        try:
            with told_if_unwritable(folder.path):
                self._own(folder, lock, request)
                record = self._bring_up(plan, tool, kubectl, info, phases, progress)
        except BaseException as error:
            self._save_logs(tool, plan.name, request.log_directory)
            # The lock goes first: what no warden removes is removed by whoever holds it.
            os.close(lock)
            self._remove(folder)
            if isinstance(error, ClusterError) and (cause := likely_cause(request.log_directory)):
                raise ClusterError(f"{error}{cause}") from error
            raise
        os.close(lock)
        return record

    def _bring_up(
        self, plan: Plan, tool: Tool, kubectl: Tool, info: EngineInfo, phases: Phases, progress: Progress
    ) -> ClusterRecord:
        with phases.phase(f"{self.name} create"):
            containers = partial(self._engine.containers, self._flavour.label, plan.name)
            self._flavour.create(tool, plan, lambda: why_hopeless(containers()))
        nodes = self._nodes_of(plan.name)
        start = Start(plan, self._flavour, nodes, KubeApi(plan.kubeconfig), lambda: self._faults(plan.name))
        start.finish(tool, kubectl, phases, self._resolver, stress_image=self._stress_image, progress=progress)
        record = ClusterRecord(
            name=plan.name,
            provider=self.name,
            kube_version=str(start.version()),
            kubeconfig=str(plan.kubeconfig),
            kubectl=str(kubectl.path),
            stress_image=start.stress_image,
            log_directory=str(plan.request.log_directory),
            node=self.name,
            cgroup_version=info.cgroup_version,
            # All nodes show the host's CPUs as their own.
            cpu_milli=min(start.free_cpu_milli(), info.cpus * 1000 // len(nodes)),
            facts=facts_of(self._engine, plan.image, len(nodes)),
            components=versions_of(start.node_info(), nodes[0], info, tool),
            phases_s=phases.seconds,
            private={"folder": str(plan.folder), "tool": [tool.name, str(tool.path), tool.version]},
        )
        (plan.folder / RECORD_FILE).write_text(json.dumps(record.to_json()), encoding="utf-8")
        return record

    def nodes(self, record: ClusterRecord) -> list[Node]:
        """The cluster's nodes, the control plane first."""
        return list(self._nodes_of(record.name))

    def component_metrics(self, record: ClusterRecord, component: str) -> str:
        """A component's /metrics, in the Prometheus text format."""
        return component_metrics(KubeApi(record.kubeconfig), self._nodes_of(record.name), component)

    def kubelet_log(self, record: ClusterRecord, node: str, since: float) -> str:
        """A node's kubelet's log from a moment on."""
        found = next(one for one in self._nodes_of(record.name) if one.name == node)
        return self._flavour.kubelet_log(found, since)

    def faults(self, record: ClusterRecord) -> list[str]:
        """One message for each node whose container has ended or was started anew."""
        return self._faults(record.name)

    def destroy(self, record: ClusterRecord, *, keep: bool = False) -> None:
        """Save the logs, and remove the cluster with all its traces; or let go of it so that it outlives this run."""
        tool = Tool(record.private["tool"][0], Path(record.private["tool"][1]), record.private["tool"][2])
        logs, folder = Path(record.log_directory), ClusterFolder(Path(record.private["folder"]))
        self._save_logs(tool, record.name, logs)
        if keep:
            self._wardens.keep(folder)
            return
        # What the tool does not get done, the engine does, or says why not.
        with suppress(ClusterError):
            self._flavour.delete(tool, record.name, logs / "delete.log")
        self._remove(folder)

    def _nodes_of(self, name: str) -> list[DockerNode]:
        if name not in self._nodes:
            found = [c.name for c in self._engine.containers(self._flavour.label, name)]
            control_plane_first = sorted(
                found, key=lambda node: ("control-plane" not in node and "server" not in node, node)
            )
            self._nodes[name] = [
                DockerNode(self._engine, node, kubectl=self._flavour.kubectl)
                for node in control_plane_first
                if not node.endswith(("-tools", "-serverlb"))
            ]
        return self._nodes[name]

    def _faults(self, name: str) -> list[str]:
        return container_faults(self._engine.containers(self._flavour.label, name), name)

    def _take(self, folder: ClusterFolder) -> int:
        try:
            lock = keeping.take(folder.path, patience_s=0.5)
        except BlockingIOError as error:
            raise ClusterError(
                f"a cluster named {folder.name} is running; remove it with `python -m clusters rm {folder.name}`"
            ) from error
        try:
            self._refuse_foreign(folder.name)
        except BaseException:
            keeping.lock_file(folder.path).unlink(missing_ok=True)
            os.close(lock)
            raise
        return lock

    def _refuse_foreign(self, name: str) -> None:
        if self._engine.containers(self._flavour.label, name):
            raise ClusterError(
                f"the name {name} is taken: {self.name} has a cluster of this name that this suite did not make; "
                f"delete it with `{self._flavour.deletion} {name}`"
            )

    def _own(self, folder: ClusterFolder, lock: int, request: ClusterRequest) -> None:
        """Make the folder, note what there will be, and start the warden, before anything is there to be left."""
        folder.path.mkdir(mode=0o700)
        traces, shared = self._flavour.traces(folder.name), self._flavour.shared_network
        if shared is not None and not self._engine.has_network(shared):
            traces = replace(traces, networks=(*traces.networks, shared))
        traces.note(folder.path)
        log = request.log_directory / "warden.log"
        self._wardens.start(
            folder,
            "clusters.docker.warden",
            folder.path,
            lock=lock,
            log=log,
            explain=lambda: f"the process that is to look after cluster {folder.name} does not start; its log is {log}",
        )

    def _save_logs(self, tool: Tool, name: str, directory: Path) -> None:
        try:
            self._flavour.export_logs(tool, name, self._nodes_of(name), directory)
        except (ClusterError, OSError) as error:
            with suppress(OSError):
                (directory / "export.log").write_text(f"the logs could not be saved: {error}\n", encoding="utf-8")

    def _remove(self, folder: ClusterFolder) -> None:
        for node in self._nodes.pop(folder.name, []):
            node.close()
        self._wardens.end(folder)


def short_name(name: str, longest: int) -> str:
    """A cluster's name as a tool takes it: a long one is cut, and told from others by a digest of what was cut off."""
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:4]
    return f"{name[: longest - len(digest) - 1].rstrip('-')}-{digest}"
