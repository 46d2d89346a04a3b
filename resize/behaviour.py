"""What each minor version of Kubernetes does with a resize, from ``data/behaviour.toml``.

Cases ask for their cluster's :class:`Behaviour` and compare with it, so that they hold no version numbers themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from clusters.versions import KubeVersion
from resize.catalogue import DATA, CatalogueError, build, inherit, minor_number, read_toml
from resize.memory_topics import MemoryQos, Swap
from resize.topics import (
    Actuation,
    Cgroups,
    Deferred,
    Events,
    Immutable,
    IncapableNode,
    Lifecycle,
    LimitRange,
    MemoryShrink,
    MemoryVolumes,
    Metrics,
    OverCapacity,
    PodLevel,
    QosChange,
    Quota,
    Recovery,
    Release,
    Removal,
    Requests,
    Scheduling,
    StaticCpuManager,
    StaticMemoryManager,
    StaticPods,
    Status,
    Submit,
    Succession,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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
    incapable_node: IncapableNode
    over_capacity: OverCapacity
    qos_change: QosChange
    memory_shrink: MemoryShrink
    removal: Removal
    immutable: Immutable
    memory_volumes: MemoryVolumes
    deferred: Deferred
    events: Events
    actuation: Actuation
    static_cpu_manager: StaticCpuManager
    swap: Swap
    memory_qos: MemoryQos
    cgroups: Cgroups
    quota: Quota
    limit_range: LimitRange
    pod_level: PodLevel
    requests: Requests
    lifecycle: Lifecycle
    scheduling: Scheduling
    recovery: Recovery
    metrics: Metrics
    static_memory_manager: StaticMemoryManager
    static_pods: StaticPods
    succession: Succession

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


def topic_types() -> dict[str, type[Any]]:
    """Each topic's record, by its name in the file."""
    hints = get_type_hints(Behaviour)
    return {name: hints[name] for name in TOPICS}


@cache
def _load(path: Path) -> dict[str, Behaviour]:
    """Every minor version of the file, oldest first."""
    versions = inherit(read_toml(path), path, TOPICS)
    return {f"1.{number}": _behaviour(f"1.{number}", tables, path) for number, tables in versions.items()}


def _behaviour(minor: str, tables: Mapping[str, Mapping[str, Any]], path: Path) -> Behaviour:
    """One minor version's tables as records."""
    records = {name: build(kind, tables[name], f'{path}: ["{minor}".{name}]') for name, kind in topic_types().items()}
    return Behaviour(minor=minor, assumed_from=None, **records)
