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
    """How mature the feature is."""

    stage: Literal["alpha", "beta", "ga"]
    gates: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit(Topic):
    """How a resize is asked for."""

    endpoint: Literal["pod", "resize"]
    generation_increments: bool
    refused_without_gate: Message | None
    refused_without_gate_http_code: int | None
    sidecars: bool
    init_containers: bool
    other_writers_kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Topic):
    """What the pod tells of its resize."""

    surface: Literal["resize-field", "conditions"]
    proposed: bool
    observed_generation: bool
    allocated_resources: bool
    actual_resources: bool
    resources_without_gate: bool
    allocated_pods_endpoint: bool
    silent_before_resize: bool
    never_falls_back: bool
    pending_beside_in_progress: bool
    transition_time_kept: bool
    waits_for_sync: bool
    settle_deadline_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IncapableNode(Topic):
    """A resize on a node whose kubelet can't resize."""

    answer: Literal["container-restarted", "ignored", "refused"]
    message: Message | None
    http_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverCapacity(Topic):
    """A resize to more than the node has."""

    answer: Literal["infeasible-status", "infeasible-condition", "forbidden-403"]
    message: Message | None
    http_code: int | None
    cause: str | None
    event: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QosChange(Topic):
    """A resize that would change the pod's QoS class."""

    message: Message
    http_code: int
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryShrink(Topic):
    """Lowering a memory limit without a restart."""

    limit_decrease: Literal["allowed", "forbidden"]
    below_usage: Literal["in-progress-silent", "forbidden-by-api", "in-progress-error"]
    message: Message | None
    http_code: int | None
    event: str | None
    event_message: Message | None
    checks: Literal["pod", "pod-and-containers"]
    usage_told: Literal["none", "pod-and-containers"]
    heals_without_statistics: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal(Topic):
    """Taking a request or a limit away."""

    answer: Literal["allowed-if-qos-kept", "forbidden"]
    requests_message: Message | None
    limits_message: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Immutable(Topic):
    """What a resize can't change; no message: such a request is taken, and the edit left out."""

    http_code: int
    new_resource: Message | None
    container_names: Message | None
    container_count: Message | None
    other_resources: Message
    init_containers: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryVolumes(Topic):
    """The size of volumes in memory, with the gate InPlacePodVerticalScalingMemoryBackedVolumes on."""

    resizable: bool
    shrinks_first: bool
    below_usage_message: Message | None
    cgroup_v1_message: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred(Topic):
    """A resize that does not fit now. The deadlines run from the moment the room is there."""

    message: Message | None
    event: str | None
    event_message: Message | None
    retry: Literal["pod-sync", "queue"]
    critical_evicts: bool
    after_removal_deadline_s: float
    after_shrink_deadline_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Events(Topic):
    """The reasons of the events that the kubelet emits about resizes."""

    reasons: tuple[str, ...]
    counts: Literal["once", "each-sync"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actuation(Topic):
    """How the node applies a resize."""

    in_place: bool
    restarts_by_policy: bool
    memory_request_restarts: bool
    needs_all_limits: bool
    leaves_other_resource: bool
    restarts_with_allocated: bool
    hungry_pod_rescued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticCpuManager(Topic):
    """Guaranteed pods on a node with CPU manager policy static."""

    refuses: Literal["nothing", "any-resize", "cpu-resize"]
    message: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cgroups(Topic):
    """What is written into cgroups; a container's ``cpu.weight`` is not here, but in :mod:`resize.cgroup_formula`."""

    limits_hold: bool
    pod_weight: WeightFormula
    without_request: bool
    oom_score_by_start: bool
    oom_kills_group: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota(Topic):
    """A resize in a namespace with a ResourceQuota. ``message`` has the groups quota, requested, used and limited."""

    message: Message
    http_code: int
    released: Literal["with-status", "next-count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRange(Topic):
    """A resize in a namespace with a LimitRange.

    The messages have the groups resource, kind, allowed and asked; ``bound_message`` also bound, maximum or minimum.
    """

    enforced: bool
    http_code: int
    bound_message: Message
    ratio_message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class PodLevel(Topic):
    """Resources of the pod as a whole, ``spec.resources`` (KEP-2837), and its resize (KEP-5419)."""

    kept: bool
    refused: Message | None
    in_status: bool
    whole_removed: Message | None
    request_removed: Message | None
    limit_removed: Message | None
    limits_come_back: bool
    requests_come_back: bool
    other_resources: Message | None
    below_containers: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests(Topic):
    """What becomes of a request that is not quite right."""

    to_the_pod: Message | None
    bare_merge_patch: Message | None
    conflict: Message
    forbidden: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle(Topic):
    """A resize of a pod that has ended, and what containers are told of theirs."""

    never_restarts: Message | None
    completed: Literal["silent", "proposed"]
    volume_follows: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduling(Topic):
    """Pods that find no room beside resizes."""

    sees_withdrawal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(Topic):
    """Components that are away for a while."""

    checkpoints: tuple[str, ...]
    kubelet_restart: bool
    taken_up_deadline_s: float
    runtime_restart: bool
    api_outage: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics(Topic):
    """What components count of resizes."""

    requested: str
    duration: str
    pending: str
    infeasible: str
    in_progress: str
    deferred_accepted: str
    accepted_by_removal: str
    api_requests: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticMemoryManager(Topic):
    """A node with memory manager policy Static, and its Guaranteed pods."""

    refuses: Literal["nothing", "any-resize", "memory-resize"]
    message: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticPods(Topic):
    """Pods that come from files on their node."""

    http_code: int | None
    message: Message | None
    edit_recreates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession(Topic):
    """Several resizes of one pod."""

    last_wins: bool
    revert_clears: bool
    feasible_after_infeasible: bool
