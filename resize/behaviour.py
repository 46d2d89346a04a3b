"""What each minor version of Kubernetes does with a resize, from ``data/behaviour.toml``.

Cases ask for their cluster's :class:`Behaviour` and compare with it, so that they hold no version numbers themselves.
Every message is a pattern to search for, never a text to compare with: Kubernetes rewords them between releases.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from clusters.versions import KubeVersion
from resize.catalogue import DATA, CatalogueError, Message, build, inherit, minor_number, read_toml
from resize.cgroup_formula import WeightFormula

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What all topics have: where their values are known from, and which of them no run has confirmed yet."""

    sources: tuple[str, ...]
    unconfirmed: tuple[str, ...]


TopicType = TypeVar("TopicType", bound=Topic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Topic):
    """How mature the feature is. ``gates`` are the ones a cluster must be started with for it to work."""

    stage: Literal["alpha", "beta", "ga"]
    gates: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit(Topic):
    """How a resize is requested: by patching the pod itself, or its subresource ``resize``.

    ``refused_without_gate`` is None where the gate can't be turned off. The three last fields say what can be resized
    besides ordinary containers with the gates of :class:`Release`.
    """

    endpoint: Literal["pod", "resize"]
    generation_increments: bool
    refused_without_gate: Message | None
    sidecars: bool
    init_containers: bool
    pod_level: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Topic):
    """Where the pod tells about its resize: the field ``status.resize``, or conditions.

    ``allocated_resources`` and ``actual_resources``: whether a container's status has allocatedResources and resources.

    ``proposed``: the API server writes "Proposed" into ``status.resize``. ``observed_generation``: the conditions carry
    it. ``waits_for_sync``: the kubelet reports a finished resize only on the pod's next sync, which any change of the
    pod brings about. ``settle_deadline_s``: by when the status shows a resize whose cgroup values are already there.
    """

    surface: Literal["resize-field", "conditions"]
    proposed: bool
    observed_generation: bool
    allocated_resources: bool
    actual_resources: bool
    waits_for_sync: bool
    settle_deadline_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OverCapacity(Topic):
    """The answer to more than the node has. ``message`` is in the API's refusal, the condition or the event."""

    answer: Literal["infeasible-status", "infeasible-condition", "forbidden-403"]
    message: Message | None
    http_code: int | None
    cause: str | None
    event: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QosChange(Topic):
    """The API's refusal of a resize that would change the pod's QoS class; ``field`` is the path it complains about."""

    message: Message
    http_code: int
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryShrink(Topic):
    """Lowering a memory limit without a restart.

    ``below_usage``: what happens below the current usage; ``message`` is in the condition or the API's refusal, and
    ``event_message`` in the event. ``checks``: whose usage the kubelet compares.
    """

    limit_decrease: Literal["allowed", "forbidden"]
    below_usage: Literal["in-progress-silent", "forbidden-by-api", "in-progress-error"]
    message: Message | None
    http_code: int | None
    event: str | None
    event_message: Message | None
    checks: Literal["pod", "pod-and-containers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal(Topic):
    """Removing a request or a limit that the container has."""

    answer: Literal["allowed-if-qos-kept", "forbidden"]
    requests_message: Message | None
    limits_message: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred(Topic):
    """A resize that does not fit now.

    ``retry``: on each sync of the pod, or from a queue that other pods' changes wake. The deadlines run from the moment
    the room is there: another pod has left, or has been resized down.
    """

    message: Message | None
    event: str | None
    event_message: Message | None
    retry: Literal["pod-sync", "queue"]
    after_removal_deadline_s: float
    after_shrink_deadline_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Events(Topic):
    """The reasons of the events that the kubelet emits about resizes."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actuation(Topic):
    """How the kubelet applies a resize.

    ``memory_request_restarts``: a change of the memory request alone restarts a container whose policy says so.
    ``needs_all_limits``: a resize gets stuck unless every container has both limits.
    ``hungry_pod_rescued``: new memory for a container that waits to be restarted after an OOM kill reaches the pod
    cgroup too.
    """

    memory_request_restarts: bool
    needs_all_limits: bool
    hungry_pod_rescued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticCpuManager(Topic):
    """What a node with CPU manager policy static refuses to Guaranteed pods, as Infeasible with ``message``."""

    refuses: Literal["nothing", "any-resize", "cpu-resize"]
    message: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cgroups(Topic):
    """What the kubelet writes into cgroup v2, resize or not.

    ``pod_weight``: its formula for the pod's ``cpu.weight``; a container's is the runtime's, see
    :func:`resize.cgroup_formula.runc_weight_formula`. ``oom_kills_group``: ``memory.oom.group`` is set, so that an OOM
    kill of any of a container's processes ends them all.
    """

    pod_weight: WeightFormula
    oom_kills_group: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota(Topic):
    """The refusal of a resize that exceeds a ResourceQuota, and when a smaller pod gives back what it used of one.

    ``message`` has the groups quota, requested, used and limited. ``released``: once the pod's status shows the shrink,
    or when the quota is next counted, which other pods of the namespace bring about, and else five minutes.
    """

    message: Message
    http_code: int
    released: Literal["with-status", "next-count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRange(Topic):
    """Whether a resize must keep to a LimitRange, and the refusal of one that does not.

    The messages have the groups resource, kind, allowed and asked, and ``bound_message`` also bound: maximum or minimum.
    """

    enforced: bool
    http_code: int
    bound_message: Message
    ratio_message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """All topics for one minor version.

    Attributes:
        minor: Such as "1.37".
        assumed_from: For a minor newer than the catalogue: the newest known one, whose behaviour stands in; else None.
    """

    minor: str
    assumed_from: str | None
    release: Release
    submit: Submit
    status: Status
    over_capacity: OverCapacity
    qos_change: QosChange
    memory_shrink: MemoryShrink
    removal: Removal
    deferred: Deferred
    events: Events
    actuation: Actuation
    static_cpu_manager: StaticCpuManager
    cgroups: Cgroups
    quota: Quota
    limit_range: LimitRange

    def without_gate(self) -> Behaviour:
        """The same version with the gate off: nothing about resources is in the status (core/v1 ContainerStatus)."""
        return replace(self, status=replace(self.status, allocated_resources=False, actual_resources=False))

    @staticmethod
    def for_version(version: KubeVersion | str, path: Path = DATA / "behaviour.toml") -> Behaviour:
        """The behaviour of a version, whatever its patch.

        Raises:
            CatalogueError: The version is older than the feature, or the catalogue is wrong.
            ValueError: The text is no version.
        """
        minor = KubeVersion.parse(version).minor_text if isinstance(version, str) else version.minor_text
        known = _load(path)
        if minor in known:
            return known[minor]
        newest = list(known)[-1]
        if minor_number(minor, "version") < minor_number(newest, "version"):
            oldest = next(iter(known))
            raise CatalogueError(f"Kubernetes {minor} has no in-place pod resize; choose {oldest} or newer")
        return replace(known[newest], minor=minor, assumed_from=newest)


#: The topics' names in the file.
TOPICS: Final = tuple(field.name for field in fields(Behaviour) if field.name not in {"minor", "assumed_from"})


@cache
def _load(path: Path) -> dict[str, Behaviour]:
    """Every minor version of the file, oldest first."""
    versions = inherit(read_toml(path), path, TOPICS)
    return {f"1.{number}": _behaviour(f"1.{number}", tables, path) for number, tables in versions.items()}


def _behaviour(minor: str, tables: Mapping[str, Mapping[str, Any]], path: Path) -> Behaviour:
    """One minor version's tables as records."""

    def topic(name: str, record_type: type[TopicType]) -> TopicType:
        return build(record_type, tables[name], f'{path}: ["{minor}".{name}]')

    return Behaviour(
        minor=minor,
        assumed_from=None,
        release=topic("release", Release),
        submit=topic("submit", Submit),
        status=topic("status", Status),
        over_capacity=topic("over_capacity", OverCapacity),
        qos_change=topic("qos_change", QosChange),
        memory_shrink=topic("memory_shrink", MemoryShrink),
        removal=topic("removal", Removal),
        deferred=topic("deferred", Deferred),
        events=topic("events", Events),
        actuation=topic("actuation", Actuation),
        static_cpu_manager=topic("static_cpu_manager", StaticCpuManager),
        cgroups=topic("cgroups", Cgroups),
        quota=topic("quota", Quota),
        limit_range=topic("limit_range", LimitRange),
    )
