"""The local provider: a real cluster from plain processes, ready in seconds, gone without a trace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.api import KubeApi
from clusters.components.images import pause_archive, stress_archive
from clusters.contract import ClusterError, ClusterRecord, ClusterRequest, Node
from clusters.local import diagnosis, keeping, processes
from clusters.local.bootstrap import Bootstrap, NotYetError
from clusters.local.host import check_host, facts, node_traits
from clusters.local.node import LocalNode
from clusters.local.prepare import ADMIN_KUBECONFIG, node_name, prepare
from clusters.local.removal import WARDEN_PATIENCE_S, remove
from clusters.local.state import RECORD_FILE, SPEC_FILE, ClusterFolder, clusters_root, sweep
from clusters.local.warden import FAILURE_FILE
from clusters.phases import Phases

if TYPE_CHECKING:
    from clusters.components.resolver import ComponentResolver
    from clusters.progress import Progress

PROJECT_ROOT = Path(__file__).parents[2]
COMPONENTS = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl",
    "containerd", "containerd-shim-runc-v2", "ctr", "runc", "bridge", "host-local", "loopback",
)  # fmt: skip
#: How long the warden may take until the namespaces stand.
WARDEN_TIMEOUT_S = 15.0


class LocalProvider:
    """Brings clusters up as processes in namespaces of their own on this host; needs root."""

    name = "local"

    def __init__(self, resolver: ComponentResolver, *, stress_image: str | None = None) -> None:
        self._resolver = resolver
        self._stress_image = stress_image
        #: The lifelines of the clusters that this process owns; closing one ends its cluster.
        self._wardens: dict[str, subprocess.Popen[bytes]] = {}

    def create(self, request: ClusterRequest, progress: Progress) -> ClusterRecord:
        """Bring a cluster up and return once it can run pods.

        Raises:
            ClusterError: It did not come up; nothing of it is left but its logs.
        """
        check_host()
        for name in sweep():
            progress.say(f"removed what was left of cluster {name}, whose owner was killed")
        phases = Phases()
        with phases.phase("components"):
            names = (*COMPONENTS, "metrics-server") if request.metrics else COMPONENTS
            components = self._resolver.resolve(request.kube_version, names)
            images = [pause_archive(self._resolver.cache.directory)]
            if self._stress_image is None:
                images.append(stress_archive(self._resolver.cache.directory))
        folder = ClusterFolder(clusters_root() / request.name)
        traits = node_traits(clusters_root())
        request.log_directory.mkdir(parents=True, exist_ok=True)
        lock = _take(folder)
        try:
            with phases.phase("processes"):
                spec, ca_pem = prepare(
                    folder.path,
                    request,
                    binaries={name: str(component.path) for name, component in components.items()},
                    pause_image=images[0].reference,
                    traits=traits,
                )
                port = self._start_warden(folder, spec, lock)
            kubeconfig = folder.path / ADMIN_KUBECONFIG
            kubeconfig.write_text(kubeconfig.read_text().replace("PORT", str(port)))
            api = KubeApi(kubeconfig)
            bootstrap = Bootstrap(folder, api, request.log_directory)
            node = self._node(folder)
            with ThreadPoolExecutor(max_workers=1) as side:
                imports = side.submit(_import_images, bootstrap, node, [image.path for image in images])
                with phases.phase("API ready"):
                    bootstrap.wait_for_api()
                    bootstrap.apply("kubelet-api-admin.yaml")
                    if request.metrics:
                        bootstrap.apply("metrics-server.yaml", ca_pem=ca_pem)
                    (folder.path / processes.API_READY_FILE).touch()
                with phases.phase("node Ready"):
                    bootstrap.wait_for_node(node.name)
                with phases.phase("images imported"):
                    imports.result()
                if self._stress_image is not None:
                    with phases.phase("stress image pulled"):
                        node.pull(self._stress_image)
                if request.metrics:
                    with phases.phase("metrics API"):
                        bootstrap.wait_for_metrics()
        except BaseException:
            # The lock goes first: what no warden removes is removed by whoever holds it.
            os.close(lock)
            self._remove(folder)
            raise
        os.close(lock)
        record = ClusterRecord(
            name=request.name,
            provider=self.name,
            kube_version=str(request.kube_version),
            kubeconfig=str(kubeconfig),
            kubectl=str(components["kubectl"].path),
            stress_image=self._stress_image or images[1].reference,
            log_directory=str(request.log_directory),
            cgroup_version=traits.cgroup_version,
            facts=facts(traits),
            components={name: component.version for name, component in components.items()},
            phases_s=phases.seconds,
            private={"folder": str(folder.path)},
        )
        (folder.path / RECORD_FILE).write_text(json.dumps(record.to_json()), encoding="utf-8")
        return record

    def nodes(self, record: ClusterRecord) -> list[Node]:
        """The cluster's one node."""
        return [self._node(_folder_of(record))]

    def component_metrics(self, record: ClusterRecord, component: str) -> str:
        """A component's /metrics, in the Prometheus text format."""
        api = KubeApi(record.kubeconfig)
        if component == "kube-apiserver":
            return api.text("/metrics")
        (node,) = self.nodes(record)
        if component == "kubelet":
            return api.text(f"/api/v1/nodes/{node.name}/proxy/metrics")
        ports = {
            "kube-scheduler": processes.SCHEDULER_PORT,
            "kube-controller-manager": processes.CONTROLLER_MANAGER_PORT,
        }
        # These two listen on the node's loopback only; kubectl on the node brings the credentials and the trust.
        server = f"https://127.0.0.1:{ports[component]}"
        kubeconfig = f"{processes.ETC}/admin-on-node.kubeconfig"
        return node.run(["kubectl", f"--kubeconfig={kubeconfig}", f"--server={server}", "get", "--raw", "/metrics"])

    def faults(self, record: ClusterRecord) -> list[str]:
        """One message for each component that has ended."""
        folder, logs = _folder_of(record), Path(record.log_directory)
        if not folder.is_up:
            return [f"cluster {record.name} is gone: its first process or its warden was ended from outside"]
        return [diagnosis.explain(name, code, logs / f"{name}.log") for name, code in folder.ended_processes()]

    def destroy(self, record: ClusterRecord, *, keep: bool = False) -> None:
        """Remove the cluster with all its traces, or let go of it so that it outlives this process."""
        folder = _folder_of(record)
        if not keep:
            self._remove(folder)
            return
        warden = self._wardens.pop(folder.name, None)
        if warden is not None and warden.stdin is not None:
            warden.stdin.write(b"keep\n")
            warden.stdin.close()
            # It is nobody's child from now on, and Popen's destructor should not warn of it.
            warden.returncode = 0

    def _start_warden(self, folder: ClusterFolder, spec: dict[str, object], lock: int) -> int:
        """Start the warden and return the API's port on this host's loopback."""
        spec_file = folder.path / SPEC_FILE
        spec_file.write_text(json.dumps(spec), encoding="utf-8")
        with (Path(str(spec["log_directory"])) / "warden.log").open("ab") as output:
            warden = subprocess.Popen(
                [sys.executable, "-m", "clusters.local.warden", str(spec_file)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[lock],
                cwd=PROJECT_ROOT,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
                # Ctrl-C goes to the owner; the warden hears of it through the lifeline, in order.
                start_new_session=True,
            )
        self._wardens[folder.name] = warden
        deadline = time.monotonic() + WARDEN_TIMEOUT_S
        while (state := folder.state) is None:
            failure = folder.path / FAILURE_FILE
            if failure.exists():
                raise ClusterError(f"the local cluster can't start: {failure.read_text(encoding='utf-8')}")
            if warden.poll() is not None or time.monotonic() > deadline:
                raise ClusterError(
                    diagnosis.explain("warden", warden.poll(), Path(str(spec["log_directory"])) / "warden.log")
                )
            time.sleep(0.01)
        return int(state["port"])

    def _node(self, folder: ClusterFolder) -> LocalNode:
        state = folder.state
        if state is None:
            raise ClusterError(f"cluster {folder.name} is gone; `python -m clusters list` shows what there is")
        return LocalNode(node_name(folder.name), int(state["init_pid"]))

    def _remove(self, folder: ClusterFolder) -> None:
        warden = self._wardens.pop(folder.name, None)
        if warden is not None:
            if warden.stdin is not None:
                warden.stdin.close()
            try:
                warden.wait(timeout=WARDEN_PATIENCE_S)
            except subprocess.TimeoutExpired:
                # Its namespaces end with it.
                warden.kill()
                warden.wait()
        # A warden that was killed removed nothing.
        remove(folder)


def _take(folder: ClusterFolder) -> int:
    try:
        return keeping.take(folder.path, patience_s=0.5)
    except BlockingIOError as error:
        raise ClusterError(
            f"a local cluster named {folder.name} is running; remove it with `python -m clusters rm {folder.name}`"
        ) from error


def _folder_of(record: ClusterRecord) -> ClusterFolder:
    return ClusterFolder(Path(record.private["folder"]))


def _import_images(bootstrap: Bootstrap, node: LocalNode, archives: list[Path]) -> None:
    """Import the archives as soon as containerd answers."""

    def look() -> None:
        try:
            node.run(["ctr", "version"], timeout_s=5)
        except ClusterError as error:
            raise NotYetError(str(error)) from error

    bootstrap.wait_for("containerd", look, "containerd")
    for archive in archives:
        # The node sees the host's file system but for /run and /var, so the archive goes in through standard input.
        node.run(["ctr", "-n", "k8s.io", "images", "import", "-"], timeout_s=60, stdin=archive)
