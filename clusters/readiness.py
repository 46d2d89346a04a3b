"""What a cluster must show before cases run on it; each look raises as long as it doesn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tenacity

from clusters.api import ApiError, ApiUnreachableError
from clusters.contract import ClusterError
from resize.features import enabled_features

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clusters.api import KubeApi


class NotYetError(Exception):
    """What is waited for is not there yet; the message says what was seen instead."""


#: What a look raises as long as it makes sense to look again.
NOT_YET = (NotYetError, ApiError, ApiUnreachableError)


def until(look: Callable[[], None], *, timeout_s: float, every_s: float) -> None:
    """Look until nothing is raised any more; the last of :data:`NOT_YET` passes through when the time is over."""
    tenacity.Retrying(
        stop=tenacity.stop_after_delay(timeout_s),
        wait=tenacity.wait_fixed(every_s),
        retry=tenacity.retry_if_exception_type(NOT_YET),
        reraise=True,
    )(look)


def node_ready(api: KubeApi, name: str) -> None:
    """The node is Ready and takes pods."""
    node = api.get(f"/api/v1/nodes/{name}")
    ready = next((c for c in node["status"].get("conditions", []) if c["type"] == "Ready"), None)
    if ready is None or ready["status"] != "True":
        raise NotYetError(ready["message"] if ready else "the node has no Ready condition")
    if any(taint["key"] == "node.kubernetes.io/not-ready" for taint in node["spec"].get("taints", [])):
        raise NotYetError("the node still has its not-ready taint")


def default_service_account(api: KubeApi) -> None:
    """The default service account is there, without which no pod starts."""
    api.get("/api/v1/namespaces/default/serviceaccounts/default")


def metrics_api(api: KubeApi) -> None:
    """The API serves metrics.k8s.io."""
    try:
        api.get("/apis/metrics.k8s.io/v1beta1")
    except ApiError as error:
        raise NotYetError(f"{error}{_trouble(api)}") from error


def _trouble(api: KubeApi) -> str:
    """What keeps metrics-server's containers from running, if anything: an image that can't be pulled, a crash."""
    pods = api.get("/api/v1/namespaces/kube-system/pods", labelSelector="k8s-app=metrics-server")["items"]
    states = [container["state"] for pod in pods for container in pod["status"].get("containerStatuses", [])]
    waiting = [state["waiting"] for state in states if "waiting" in state]
    return "".join(f"; metrics-server waits: {told['reason']} {told.get('message', '')}".rstrip() for told in waiting)


def require_gates(wanted: Mapping[str, bool], component: str, metrics: Callable[[], str]) -> None:
    """Check that a component runs with the feature gates it was started with, by its own word.

    A gate that only some components have makes resizes hang in ways that look like Kubernetes' fault
    (kubermatic#13892, microshift#5266), and a tool may lose one on the way.

    Raises:
        ClusterError: One is not as wanted; the message names the component.
    """
    if not wanted:
        return
    found = enabled_features(metrics())
    wrong = [f"{name}={str(on).lower()}" for name, on in wanted.items() if found.get(name) is not on]
    if wrong:
        told = ", ".join(f"{gate.partition('=')[0]} is {_told(found, gate.partition('=')[0])}" for gate in wrong)
        raise ClusterError(
            f"{component} does not run with {', '.join(wrong)}, which the cluster was started with; by its metric "
            f"kubernetes_feature_enabled {told}. Look at its command line in the cluster's logs"
        )


def _told(found: Mapping[str, bool], gate: str) -> str:
    return {True: "on", False: "off", None: "not known to it"}[found.get(gate)]
