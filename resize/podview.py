"""What a pod object says about its resize: the same words for every version, whichever field or condition says them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from resize.podlevel import PodLevelView
from resize.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ResizeCondition:
    """``PodResizePending`` or ``PodResizeInProgress`` (KEP-1287, Resize Status; 1.33 and later)."""

    type: str
    reason: str
    message: str
    observed_generation: int | None

    def __str__(self) -> str:
        return " ".join(filter(None, [self.type, self.reason, f"({self.message})" if self.message else ""]))


@dataclass(frozen=True, slots=True)
class ResizeState:
    """Where the pod's resize stands.

    Attributes:
        field: ``status.resize`` (1.27 to 1.32): "Proposed", "InProgress", "Deferred", "Infeasible" or "".
        pending: The condition PodResizePending, whose reason is "Deferred" or "Infeasible".
        in_progress: The condition PodResizeInProgress, whose reason is "" or "Error".
    """

    field: str
    pending: ResizeCondition | None
    in_progress: ResizeCondition | None

    @property
    def settled(self) -> bool:
        """Whether the pod says nothing about a resize, which alone does not mean that one is done."""
        return not (self.field or self.pending or self.in_progress)

    @property
    def word(self) -> str:
        """The state in the alpha's words: Proposed, InProgress, Deferred, Infeasible, Error, or "" when settled."""
        if self.field:
            return self.field
        if self.pending is not None:
            return self.pending.reason
        if self.in_progress is not None:
            return self.in_progress.reason or "InProgress"
        return ""

    @property
    def message(self) -> str:
        """The conditions' messages, empty where there are none, as always in the alpha."""
        return " ".join(c.message for c in (self.pending, self.in_progress) if c is not None and c.message)

    def __str__(self) -> str:
        if self.settled:
            return "none"
        return "; ".join(filter(None, [self.field, *(str(c) for c in (self.pending, self.in_progress) if c)]))


#: What a container is to its pod: a sidecar is an init container with restartPolicy Always (KEP-753).
ContainerKind = Literal["container", "sidecar", "init"]


@dataclass(frozen=True, slots=True)
class ContainerView:
    """One container as the pod object shows it.

    Attributes:
        name: The container's name.
        spec: What is asked for.
        allocated: ``allocatedResources``: the requests that the node has set aside; None where the field is missing.
        status: ``resources`` of the container's status: what the runtime reported; None where the field is missing.
        restart_count: As in the status; 0 before there is one.
        container_id: Without the ``containerd://``; "" before the container was started.
        state: "waiting", "running", "terminated" or "".
        reason: The state's reason, such as CrashLoopBackOff, or of the last termination: OOMKilled.
        ended: The reason of its newest termination, such as OOMKilled; "" if it never ended.
        ready: As in the status.
        kind: What it is to the pod.
        restarts_on: The resources whose change restarts it, "cpu" and "memory" (KEP-1287, Container Resize Policy).
    """

    name: str
    spec: Resources
    allocated: Resources | None
    status: Resources | None
    restart_count: int
    container_id: str
    state: str
    reason: str
    ended: str
    ready: bool
    kind: ContainerKind = "container"
    restarts_on: frozenset[str] = frozenset()

    @property
    def is_over(self) -> bool:
        """Whether it is an init container that has done its work: nothing of it is on the node any more."""
        return self.kind == "init" and self.state == "terminated"

    @property
    def has_begun(self) -> bool:
        """Whether it was ever started; containers are not while an init container runs."""
        return self.state == "running" or bool(self.container_id)


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod object, read.

    ``containers`` are the ordinary ones, ``init_containers`` the sidecars and the others that run before them;
    ``pod_level`` is what the object says about the pod as a whole.
    """

    name: str
    uid: str
    phase: str
    qos_class: str
    node_name: str
    generation: int
    observed_generation: int | None
    resize: ResizeState
    containers: tuple[ContainerView, ...]
    init_containers: tuple[ContainerView, ...]
    ready: bool
    deleted: bool
    resource_version: str
    labels: Mapping[str, str]
    pod_level: PodLevelView = field(default_factory=PodLevelView)

    @classmethod
    def of(cls, pod: Mapping[str, Any]) -> PodView:
        """Read a pod as the API gives it."""
        metadata, status = pod["metadata"], pod.get("status") or {}
        statuses = {
            entry["name"]: entry
            for kind in ("containerStatuses", "initContainerStatuses")
            for entry in status.get(kind) or []
        }
        conditions = {entry["type"]: entry for entry in status.get("conditions") or []}
        return cls(
            name=metadata["name"],
            uid=metadata["uid"],
            phase=status.get("phase", ""),
            qos_class=status.get("qosClass", ""),
            node_name=pod["spec"].get("nodeName", ""),
            generation=metadata.get("generation", 0),
            observed_generation=status.get("observedGeneration"),
            resize=ResizeState(
                field=status.get("resize") or "",
                pending=_condition(conditions.get("PodResizePending")),
                in_progress=_condition(conditions.get("PodResizeInProgress")),
            ),
            containers=tuple(_container(spec, statuses.get(spec["name"], {})) for spec in pod["spec"]["containers"]),
            init_containers=tuple(
                _container(spec, statuses.get(spec["name"], {}), kind=_init_kind(spec))
                for spec in pod["spec"].get("initContainers") or []
            ),
            ready=conditions.get("Ready", {}).get("status") == "True",
            deleted="deletionTimestamp" in metadata,
            resource_version=metadata["resourceVersion"],
            labels=dict(metadata.get("labels") or {}),
            pod_level=PodLevelView.of(pod),
        )

    @property
    def all_containers(self) -> tuple[ContainerView, ...]:
        """The ordinary containers, and then those that start before them."""
        return (*self.containers, *self.init_containers)

    def container(self, name: str) -> ContainerView:
        """The container of that name, of whatever kind."""
        return next(container for container in self.all_containers if container.name == name)


def _condition(entry: Mapping[str, Any] | None) -> ResizeCondition | None:
    """A condition that is there and True; a False one means what a missing one does (KEP-1287, Resize Status)."""
    if entry is None or entry.get("status") != "True":
        return None
    return ResizeCondition(
        entry["type"], entry.get("reason") or "", entry.get("message") or "", entry.get("observedGeneration")
    )


def _init_kind(spec: Mapping[str, Any]) -> ContainerKind:
    return "sidecar" if spec.get("restartPolicy") == "Always" else "init"


def _container(
    spec: Mapping[str, Any], status: Mapping[str, Any], *, kind: ContainerKind = "container"
) -> ContainerView:
    state = status.get("state") or {}
    word = next(iter(state), "")
    last: Mapping[str, Any] = (status.get("lastState") or {}).get("terminated") or {}
    return ContainerView(
        name=spec["name"],
        spec=Resources.from_json(spec.get("resources")),
        allocated=_allocated(status.get("allocatedResources")),
        status=Resources.from_json(status["resources"]) if status.get("resources") else None,
        restart_count=status.get("restartCount", 0),
        container_id=(status.get("containerID") or "").rpartition("//")[2],
        state=word,
        reason=(state.get(word) or {}).get("reason") or last.get("reason") or "",
        ended=(state.get("terminated") or last).get("reason") or "",
        ready=bool(status.get("ready")),
        kind=kind,
        restarts_on=frozenset(
            entry["resourceName"]
            for entry in spec.get("resizePolicy") or []
            if entry["restartPolicy"] == "RestartContainer"
        ),
    )


def _allocated(requests: Mapping[str, str] | None) -> Resources | None:
    return None if requests is None else Resources.from_json({"requests": requests})
