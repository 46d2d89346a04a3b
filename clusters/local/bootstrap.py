"""From started processes to a cluster that runs pods: what must be true, and in which order it is waited for."""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from clusters import readiness
from clusters.api import KubeApi
from clusters.contract import ClusterError, NotInTimeError
from clusters.local import diagnosis
from clusters.local.processes import API_READY_FILE
from clusters.readiness import NotYetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clusters.contract import Node
    from clusters.local.state import ClusterFolder

MANIFESTS = Path(__file__).with_name("manifests")
#: Each step is done in a second or two on an idle machine; a loaded one gets this long.
STEP_TIMEOUT_S = 90.0
LOOK_S = 0.05
#: A Go program that gets SIGQUIT writes what each goroutine waits for to its log, and ends (os/signal). It is given two
#: seconds; the cluster goes anyway.
_TELL_STACKS = """
pid=$(pidof {name}) && kill -QUIT $pid && for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 $pid || break; sleep 0.2; done
"""

#: Where objects of these kinds live, for server-side apply.
_COLLECTIONS = {
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings",
    "Service": "/api/v1/namespaces/{namespace}/services",
    "APIService": "/apis/apiregistration.k8s.io/v1/apiservices",
}


class Bootstrap:
    """Waits for a starting cluster, and gives up at once when one of its components has ended.

    Args:
        folder: The cluster's.
        nodes: Where a component that is late may be ended, so that it tells why; none of a cluster that goes on.
        api: The cluster's API.
        log_directory: Where the components' logs are.
    """

    def __init__(self, folder: ClusterFolder, nodes: Sequence[Node], api: KubeApi, log_directory: Path) -> None:
        self._folder = folder
        self._nodes = nodes
        self._api = api
        self._logs = log_directory

    def wait_for(self, what: str, look: Callable[[], None], suspect: str) -> None:
        """Call ``look`` until it no longer raises.

        Args:
            what: What is waited for, for the message.
            look: Raises :class:`NotYetError`, or an API error, while it is not there.
            suspect: The component to blame when it never comes.

        Raises:
            ClusterError: A component ended.
            NotInTimeError: The time is over.
        """

        def look_once() -> None:
            self.fail_on_ended_process()
            look()

        try:
            readiness.until(look_once, timeout_s=STEP_TIMEOUT_S, every_s=LOOK_S)
        except readiness.NOT_YET as error:
            told = diagnosis.explain(suspect, None, self._logs / f"{suspect}.log")
            for node in self._nodes:
                # Of a component of the control plane there is none on a user-mode node.
                with suppress(ClusterError):
                    node.run(["sh", "-c", _TELL_STACKS.format(name=suspect)], timeout_s=5)
                    told += "\n  It ends with what each of its goroutines waited for."
            raise NotInTimeError(
                f"{what} did not come true within {STEP_TIMEOUT_S:.0f} s ({error}).\n{told}"
            ) from error

    def fail_on_ended_process(self) -> None:
        """Raise :class:`ClusterError` if a component has ended, or the cluster as a whole."""
        for name, code in self._folder.ended_processes():
            raise ClusterError(diagnosis.explain(name, code, self._logs / f"{name}.log"))
        if not self._folder.is_up:
            outcome = "was ended from outside, or its warden was"
            raise ClusterError(diagnosis.explain("init", None, self._logs / "init.log", outcome=outcome))

    def wait_for_service(self, component: str, node: Node) -> None:
        """Wait until a component of the control plane or of a node answers; of some nothing can be asked."""
        looks: dict[str, Callable[[], None]] = {
            "kube-apiserver": lambda: _want_ok(self._api.text("/readyz")),
            "kubelet": lambda: _want_ok(self._api.text(f"/api/v1/nodes/{node.name}/proxy/healthz")),
            "containerd": lambda: _want_runtime(node),
        }
        if component in looks:
            self.wait_for(f"{component} answering", looks[component], component)

    def say_api_ready(self) -> None:
        """Let the components start that wait for the API with its default roles."""
        (self._folder.path / API_READY_FILE).touch()

    def apply(self, manifest: str, *, ca_pem: bytes | None = None) -> None:
        """Apply a file of ``manifests/``; an APIService is told to trust ``ca_pem``."""
        for document in yaml.safe_load_all((MANIFESTS / manifest).read_text(encoding="utf-8")):
            if document["kind"] == "APIService" and ca_pem is not None:
                document["spec"]["caBundle"] = base64.b64encode(ca_pem).decode("ascii")
            metadata = document["metadata"]
            collection = _COLLECTIONS[document["kind"]].format(namespace=metadata.get("namespace"))
            self._api.apply(f"{collection}/{metadata['name']}", document)

    def wait_for_node(self, node_name: str) -> None:
        """Wait until the node is Ready and the default service account, without which no pod starts, is there."""
        self.wait_for(f"node {node_name} Ready", lambda: readiness.node_ready(self._api, node_name), "kubelet")
        self.wait_for(
            "the default service account",
            lambda: readiness.default_service_account(self._api),
            "kube-controller-manager",
        )

    def wait_for_metrics(self) -> None:
        """Wait until the API serves metrics.k8s.io."""
        self.wait_for("the metrics API", lambda: readiness.metrics_api(self._api), "metrics-server")


def _want_runtime(node: Node) -> None:
    try:
        node.run(["ctr", "version"], timeout_s=5)
    except ClusterError as error:
        raise NotYetError(str(error)) from error


def _want_ok(text: str) -> None:
    if not re.fullmatch(r"ok\s*", text):
        raise NotYetError(text)
