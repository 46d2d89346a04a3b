"""Ephemeral containers, as ``kubectl debug`` makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resize import manifests
from resize.chain import Chain, Mismatch
from resize.observer import ConformanceError
from resize.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resize.pod import ResizablePod

DEBUGGER = "debugger"
STARTED_DEADLINE_S = 60.0


def debug(pod: ResizablePod, image: str) -> str:
    """Start an ephemeral container in a pod, and return its ID once it runs."""
    __tracebackhide__ = True
    container = manifests.container(DEBUGGER, image, Resources(), script=manifests.IDLE_SCRIPT)
    # Such containers have no resources of their own (core/v1 EphemeralContainerCommon).
    del container["resources"]
    pod.api.patch(f"{pod.path}/ephemeralcontainers", {"spec": {"ephemeralContainers": [container]}})

    def goal(_: Chain) -> list[Mismatch]:
        state = str(_status(pod).get("state") or "none")
        return [] if "running" in state else [Mismatch("ephemeral container", state, "running")]

    pod.observer.wait(goal, what=f"a debugger in pod {pod.name}", deadline_s=STARTED_DEADLINE_S)
    return str(_status(pod)["containerID"])


def assert_still_there(pod: ResizablePod, container_id: str) -> None:
    """Check that the ephemeral container of :func:`debug` goes on.

    Raises:
        ConformanceError: It does not.
    """
    __tracebackhide__ = True
    status = _status(pod)
    if status.get("containerID") != container_id or "running" not in (status.get("state") or {}):
        told = f"The ephemeral container is {status}; expected that {container_id} still runs."
        raise ConformanceError(pod.observer.describe(told, None, []))


def _status(pod: ResizablePod) -> Mapping[str, Any]:
    status = (pod.observer.pod_object or {}).get("status", {})
    entries = status.get("ephemeralContainerStatuses") or []
    return next((entry for entry in entries if entry["name"] == DEBUGGER), {})
