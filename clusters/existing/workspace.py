"""What a run has in a cluster that is not its own, besides pods: a namespace for itself, and one for each case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tenacity

from clusters.api import ApiError
from clusters.contract import ClusterError
from clusters.existing.ours import MANAGED_BY, NAMESPACE, OURS, RUN, SELECTOR, labels

if TYPE_CHECKING:
    from clusters.api import Json, KubeApi

_NAMESPACE = "namespace "
_NAMESPACES = "/api/v1/namespaces"
_DAEMON_SETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets"
#: How long a namespace's deletion takes at most where nothing is wrong: its pods end at once.
GONE_DEADLINE_S = 60.0
#: Privileged pods are refused elsewhere (Pod Security Admission).
_PRIVILEGED = {"pod-security.kubernetes.io/enforce": "privileged"}


class _NotYetError(Exception):
    """What is to go is still there."""


def open_workspace(api: KubeApi, run_id: str, *, privileged: bool) -> None:
    """Make the run's own namespace, or use the one that is there.

    Args:
        api: The cluster's.
        run_id: Goes into its labels.
        privileged: Whether privileged pods must be let in.

    Raises:
        ClusterError: It can't be made, or one that is going does not go.
    """
    wanted = labels(run_id) | (_PRIVILEGED if privileged else {})
    present = _get(api)
    if present is not None and present["status"].get("phase") == "Terminating":
        # The run before has just ended. Whoever removes the namespace holds the Lease in it: nobody else is at work.
        until_gone(api, [NAMESPACE])
        present = None
    try:
        if present is None:
            api.create(_NAMESPACES, {"metadata": {"name": NAMESPACE, "labels": wanted}})
        elif _is_ours(present):
            api.patch(f"{_NAMESPACES}/{NAMESPACE}", {"metadata": {"labels": wanted}})
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise ClusterError(f"the namespace {NAMESPACE} can't be made: {error}") from error


def close_workspace(api: KubeApi) -> bool:
    """Remove the run's own namespace, unless somebody else made it; call only while holding the Lease in it.

    Returns:
        Whether it was removed.
    """
    present = _get(api)
    if present is None or not _is_ours(present):
        return False
    api.delete(f"{_NAMESPACES}/{NAMESPACE}")
    return True


def sweep(api: KubeApi, *, run_id: str | None = None) -> list[str]:
    """Remove cases' namespaces and what reads nodes; call only while holding the Lease.

    Args:
        api: The cluster's.
        run_id: Of the run whose objects go; None for all runs'.

    Returns:
        What is going, each as people name it.
    """
    selector = SELECTOR if run_id is None else f"{SELECTOR},{RUN}={run_id}"
    listed = api.get(_NAMESPACES, labelSelector=selector)["items"]
    going = [item["metadata"]["name"] for item in listed if item["metadata"]["name"] != NAMESPACE]
    for name in going:
        api.delete(f"{_NAMESPACES}/{name}")
    return [*(f"{_NAMESPACE}{name}" for name in going), *_sweep_daemon_sets(api, selector)]


def anything_left(api: KubeApi) -> bool:
    """Whether there is a namespace that a run made."""
    return bool(api.get(_NAMESPACES, labelSelector=SELECTOR)["items"])


def namespaces_in(going: list[str]) -> list[str]:
    """The names of the namespaces among what :func:`sweep` returned."""
    return [name.removeprefix(_NAMESPACE) for name in going if name.startswith(_NAMESPACE)]


def until_gone(api: KubeApi, namespaces: list[str], *, deadline_s: float = GONE_DEADLINE_S) -> None:
    """Wait until namespaces that were deleted are gone with all that is in them.

    Raises:
        ClusterError: They are not.
    """

    def look() -> None:
        for name in namespaces:
            try:
                api.get(f"{_NAMESPACES}/{name}")
            except ApiError as error:
                if error.status != 404:
                    raise
            else:
                raise _NotYetError(name)

    try:
        tenacity.Retrying(
            stop=tenacity.stop_after_delay(deadline_s),
            wait=tenacity.wait_fixed(0.2),
            retry=tenacity.retry_if_exception_type(_NotYetError),
            reraise=True,
        )(look)
    except _NotYetError as error:
        raise ClusterError(
            f"namespace {error} was deleted {deadline_s:.0f} s ago and is still there: `kubectl get namespace {error} "
            f"-o yaml` says what it waits for"
        ) from None


def _sweep_daemon_sets(api: KubeApi, selector: str) -> list[str]:
    try:
        listed = api.get(_DAEMON_SETS, labelSelector=selector)["items"]
    except ApiError as error:
        # A user who may not even list them never made one.
        if error.status in {403, 404}:
            return []
        raise
    names = [item["metadata"]["name"] for item in listed]
    for name in names:
        api.delete(f"{_DAEMON_SETS}/{name}")
    return [f"DaemonSet {name}" for name in names]


def _get(api: KubeApi) -> Json | None:
    try:
        return api.get(f"{_NAMESPACES}/{NAMESPACE}")
    except ApiError as error:
        if error.status != 404:
            raise
        return None


def _is_ours(namespace: Json) -> bool:
    return bool((namespace["metadata"].get("labels") or {}).get(MANAGED_BY) == OURS)
