"""The way to nodes' files: a DaemonSet of one small privileged pod on each node that a run uses, while it lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tenacity

from clusters.contract import ClusterError
from clusters.existing.ours import NAMESPACE, RUN, labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clusters.api import Json, KubeApi

_DAEMON_SETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets"
_PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
NAME = "node-access"
#: Its image may have to be pulled first.
READY_DEADLINE_S = 120.0
GONE_DEADLINE_S = 20.0
#: Sleeps until it is told to end: a shell as PID 1 does not by itself.
_SLEEP = "trap 'exit 0' TERM; while true; do sleep 3600 & wait $!; done"


class _NotYetError(Exception):
    """A pod does not run yet, or not gone."""


def daemon_set(run_id: str, image: str, nodes: Sequence[str]) -> dict[str, Any]:
    """The DaemonSet: root on some nodes, without credentials of its own, and with next to no resources."""
    marks = labels(run_id)
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]} for node in nodes]
    pod: dict[str, Any] = {
        # The node's processes, and by /proc/1/root its files.
        "hostPID": True,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "dnsPolicy": "Default",
        "terminationGracePeriodSeconds": 0,
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}},
        "containers": [
            {
                "name": "reader",
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": ["/bin/sh", "-c", _SLEEP],
                # Privileged rather than one capability: it also shares the node's cgroup namespace (containerd's CRI
                # plugin), in which /proc/PID/cgroup shows where a container really is.
                "securityContext": {"privileged": True},
                "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
            }
        ],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": f"{NAME}-{run_id}", "labels": marks},
        "spec": {"selector": {"matchLabels": {RUN: run_id}}, "template": {"metadata": {"labels": marks}, "spec": pod}},
    }


def deploy(api: KubeApi, run_id: str, image: str, nodes: Sequence[str]) -> dict[str, str]:
    """Start the pods and wait until they run.

    Returns:
        The path of each node's pod in the API, by the node's name.

    Raises:
        ClusterError: They don't run in time; the message says why as far as the cluster tells.
        ApiError: The cluster refuses the DaemonSet.
    """
    api.create(_DAEMON_SETS, daemon_set(run_id, image, nodes))

    def look() -> dict[str, str]:
        running = {pod["spec"]["nodeName"]: pod for pod in _pods(api, run_id) if _runs(pod)}
        if set(nodes) - set(running):
            raise _NotYetError
        return {node: f"{_PODS}/{running[node]['metadata']['name']}" for node in nodes}

    try:
        return _retrying(READY_DEADLINE_S)(look)
    except _NotYetError:
        raise ClusterError(
            f"no node access: the pods of DaemonSet {NAMESPACE}/{NAME}-{run_id} did not run within "
            f"{READY_DEADLINE_S:.0f} s: {_why(api, run_id)}. Without --node-access pod only the API is tested"
        ) from None


def until_gone(api: KubeApi, run_id: str) -> None:
    """Wait until the pods are gone, once their DaemonSet is.

    Raises:
        ClusterError: They are still there.
    """

    def look() -> None:
        if _pods(api, run_id):
            raise _NotYetError

    try:
        _retrying(GONE_DEADLINE_S)(look)
    except _NotYetError:
        raise ClusterError(
            f"the pods of DaemonSet {NAMESPACE}/{NAME}-{run_id} are still there {GONE_DEADLINE_S:.0f} s after it was "
            f"deleted; look again with `kubectl get pods --namespace {NAMESPACE}`"
        ) from None


def _retrying(deadline_s: float) -> tenacity.Retrying:
    return tenacity.Retrying(
        stop=tenacity.stop_after_delay(deadline_s),
        wait=tenacity.wait_fixed(0.2),
        retry=tenacity.retry_if_exception_type(_NotYetError),
        reraise=True,
    )


def _pods(api: KubeApi, run_id: str) -> list[Json]:
    found: list[Json] = api.get(_PODS, labelSelector=f"{RUN}={run_id}")["items"]
    return found


def _runs(pod: Mapping[str, Any]) -> bool:
    return bool(pod["status"].get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp"))


def _why(api: KubeApi, run_id: str) -> str:
    """What the pods wait for, or why there are none."""
    waiting = [
        f"{pod['spec'].get('nodeName', 'no node')}: {state.get('reason')} {state.get('message', '')}".strip()
        for pod in _pods(api, run_id)
        for status in pod["status"].get("containerStatuses") or ()
        if (state := status["state"].get("waiting"))
    ]
    events = api.get(f"/api/v1/namespaces/{NAMESPACE}/events")["items"]
    refused = [event["message"] for event in events if event["reason"] in {"FailedCreate", "FailedScheduling"}]
    return "; ".join([*waiting, *refused[-1:]]) or "the cluster does not say why"
