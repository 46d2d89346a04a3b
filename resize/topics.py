"""The topics of the behaviour catalogue and the types of their keys; ``data/behaviour.toml`` has what each key says.

Every message is a pattern to search for, never a text to compare with: Kubernetes rewords them between releases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resize.catalogue import Message
from resize.cgroup_formula import WeightFormula


class Topic:
    """What is known of one subject. Its fields are the keys of its tables, and what each says stands in ``[rules]``."""

    __slots__ = ()


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

    The messages have the groups resource, kind, allowed and asked; ``bound_message`` also bound, maximum or minimum.
    """

    enforced: bool
    http_code: int
    bound_message: Message
    ratio_message: Message
