"""Deployments, StatefulSets and Jobs: controllers that make pods from a template, which a resize must leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resize import manifests
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusters.api import Json
    from resize.watched import WatchedCollection, WatchedObject

APPS, BATCH = "/apis/apps/v1", "/apis/batch/v1"
NAME = "workload"
LABELS = {"app": NAME}
SELECTOR = {"matchLabels": LABELS}
#: An image is there already, so a pod is up within a few seconds; a loaded machine gets this long.
READY_DEADLINE_S = 60.0


def deployment(container: Mapping[str, Any], *, node: str) -> dict[str, Any]:
    """A Deployment of one pod, whose pods are replaced one after the other, so that it never wants twice the room."""
    return _workload(_template(container, node), replicas=1, selector=SELECTOR, strategy={"type": "Recreate"})


def stateful_set(container: Mapping[str, Any], *, node: str) -> dict[str, Any]:
    """A StatefulSet of one pod."""
    return _workload(_template(container, node), replicas=1, selector=SELECTOR, serviceName=NAME)


def job(container: Mapping[str, Any], *, node: str) -> dict[str, Any]:
    """A Job of one pod, which is not tried again."""
    return _workload(_template(container, node, restart_policy="Never"), backoffLimit=0)


def _workload(template: Mapping[str, Any], **more_spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": NAME}, "spec": {"template": template, **more_spec}}


def _template(container: Mapping[str, Any], node: str, *, restart_policy: str = "Always") -> dict[str, Any]:
    pod = manifests.pod(NAME, [container], labels=LABELS, restart_policy=restart_policy, node=node)
    return {"metadata": {"labels": LABELS}, "spec": pod["spec"]}


def until_one_ready(pods: WatchedCollection, *, after: str = "") -> str:
    """Wait until a workload has one pod, which is ready, and return its name.

    Args:
        pods: The pods of the case's namespace, which are all the workload's.
        after: The UID of a pod in whose place it must be.
    """
    __tracebackhide__ = True

    def right(found: list[Json]) -> bool:
        return len(found) == 1 and found[0]["metadata"]["uid"] != after and _is_ready(found[0])

    (pod,) = pods.until_all(right, what="one ready pod", shown=_shown, deadline_s=READY_DEADLINE_S)
    name: str = pod["metadata"]["name"]
    return name


def assert_untouched(workload: WatchedObject, before: Json) -> None:
    """Check that a workload is as it was: its template, its generation, and what its controller has seen of it.

    Raises:
        ConformanceError: It is not.
    """
    __tracebackhide__ = True
    now = workload.read()
    seen, was = _kept(now), _kept(before)
    if seen != was:
        told = "; ".join(f"{key} is {seen[key]}, was {was[key]}" for key in seen if seen[key] != was[key])
        raise ConformanceError(f"{workload.name} was touched by the resize of its pod: {told}")


def is_over(made: Json) -> bool:
    """Whether a Job has ended."""
    return any(
        condition["type"] in {"Complete", "Failed"} and condition["status"] == "True"
        for condition in made.get("status", {}).get("conditions") or []
    )


def _kept(document: Json) -> dict[str, Any]:
    status = document.get("status", {})
    revisions = {key: status.get(key) for key in ("currentRevision", "updateRevision", "observedGeneration")}
    return {"generation": document["metadata"]["generation"], "spec": document["spec"], **revisions}


def _shown(pod: Json) -> str:
    return f"{pod['metadata']['name']}: {pod.get('status', {}).get('phase')}"


def _is_ready(pod: Json) -> bool:
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in pod.get("status", {}).get("conditions") or []
    )
