"""Requests and limits of one container as numbers, so that values are compared and not their spelling."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypedDict

from resize.quantity import cpu_milli, format_cpu, format_memory, memory_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack


class ResourceChanges(TypedDict, total=False):
    """The keywords of :meth:`Resources.with_changes`; None removes a request or limit."""

    cpu_request_milli: int | None
    cpu_limit_milli: int | None
    memory_request_bytes: int | None
    memory_limit_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """CPU and memory of one container. None means that the pod does not name the value.

    Resources of other kinds (ephemeral storage, devices) are left out: only CPU and memory can be resized
    (KEP-1287, API Changes).
    """

    cpu_request_milli: int | None = None
    cpu_limit_milli: int | None = None
    memory_request_bytes: int | None = None
    memory_limit_bytes: int | None = None

    @classmethod
    def of(
        cls,
        *,
        cpu_request: str | None = None,
        cpu_limit: str | None = None,
        memory_request: str | None = None,
        memory_limit: str | None = None,
    ) -> Resources:
        """Resources from quantities such as ``cpu_request="100m"`` and ``memory_limit="150M"``.

        Raises:
            ValueError: One of the texts is no quantity.
        """
        return cls(
            cpu_request_milli=None if cpu_request is None else cpu_milli(cpu_request),
            cpu_limit_milli=None if cpu_limit is None else cpu_milli(cpu_limit),
            memory_request_bytes=None if memory_request is None else memory_bytes(memory_request),
            memory_limit_bytes=None if memory_limit is None else memory_bytes(memory_limit),
        )

    @classmethod
    def guaranteed(cls, *, cpu: str, memory: str) -> Resources:
        """Resources whose requests equal their limits, as a pod of class Guaranteed needs them.

        Raises:
            ValueError: One of the texts is no quantity.
        """
        return cls.of(cpu_request=cpu, cpu_limit=cpu, memory_request=memory, memory_limit=memory)

    @classmethod
    def from_json(cls, container_resources: Mapping[str, Any] | None) -> Resources:
        """What stands under ``resources`` of a container or a container status.

        Args:
            container_resources: ``{"requests": {...}, "limits": {...}}``, each part optional; None reads as no values.

        Raises:
            ValueError: A value is no quantity.
        """
        document = container_resources or {}
        requests: Mapping[str, str] = document.get("requests") or {}
        limits: Mapping[str, str] = document.get("limits") or {}
        return cls.of(
            cpu_request=requests.get("cpu"),
            cpu_limit=limits.get("cpu"),
            memory_request=requests.get("memory"),
            memory_limit=limits.get("memory"),
        )

    def to_json(self) -> dict[str, dict[str, str]]:
        """``{"requests": {...}, "limits": {...}}`` in canonical quantities; a part without values is left out."""
        parts = {
            "requests": _quantities(self.cpu_request_milli, self.memory_request_bytes),
            "limits": _quantities(self.cpu_limit_milli, self.memory_limit_bytes),
        }
        return {name: part for name, part in parts.items() if part}

    def with_changes(self, **changes: Unpack[ResourceChanges]) -> Resources:
        """A copy with some values replaced, in the units of the fields."""
        return replace(self, **changes)

    def merged_with(self, part: Mapping[str, Mapping[str, Any]]) -> Resources:
        """What a strategic merge of ``{"requests": {...}, "limits": {...}}``, each part optional, makes of it."""
        document = self.to_json()
        for kind, values in part.items():
            document[kind] = {**document.get(kind, {}), **values}
        return self.from_json(document)

    def with_cpu(self, cpu: str) -> Resources:
        """A copy with this CPU quantity as request and as limit."""
        milli = cpu_milli(cpu)
        return replace(self, cpu_request_milli=milli, cpu_limit_milli=milli)

    def with_memory(self, memory: str) -> Resources:
        """A copy with this memory quantity as request and as limit."""
        number_of_bytes = memory_bytes(memory)
        return replace(self, memory_request_bytes=number_of_bytes, memory_limit_bytes=number_of_bytes)

    def differences(self, wanted: Resources) -> list[str]:
        """One line for each value that differs from the wanted one, such as ``"cpu limit is 100m, not 300m"``."""
        lines = []
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(wanted, field.name)
            if mine != theirs:
                resource, kind, unit = field.name.split("_")
                lines.append(f"{resource} {kind} is {_text(mine, unit)}, not {_text(theirs, unit)}")
        return lines

    def describe(self) -> str:
        """Request/limit of both, such as ``"cpu 100m/100m, memory 150M/150M"``; ``-`` stands for a missing value."""
        cpu = f"{_text(self.cpu_request_milli, 'milli')}/{_text(self.cpu_limit_milli, 'milli')}"
        memory = f"{_text(self.memory_request_bytes, 'bytes')}/{_text(self.memory_limit_bytes, 'bytes')}"
        return f"cpu {cpu}, memory {memory}"


def _quantities(cpu: int | None, memory: int | None) -> dict[str, str]:
    """One part of a container's resources: the values that are set, as quantities."""
    part = {}
    if cpu is not None:
        part["cpu"] = format_cpu(cpu)
    if memory is not None:
        part["memory"] = format_memory(memory)
    return part


def _text(value: int | None, unit: str) -> str:
    """A value for people, ``-`` where there is none; the unit is the last word of the field's name."""
    if value is None:
        return "-"
    return format_cpu(value) if unit == "milli" else format_memory(value)
