"""Pod-level resources (KEP-2837): what a pod asks for as a whole, and what of it its cgroup and its containers get."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from resize.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PodLevelView:
    """What a pod object says about the pod as a whole.

    Attributes:
        spec: ``spec.resources``; None where the pod has none.
        allocated: ``status.allocatedResources``, which holds requests; None where the field is missing.
        status: ``status.resources``; None where the field is missing.
    """

    spec: Resources | None = None
    allocated: Resources | None = None
    status: Resources | None = None

    @classmethod
    def of(cls, pod: Mapping[str, Any]) -> PodLevelView:
        """Read a pod as the API gives it."""
        status: Mapping[str, Any] = pod.get("status") or {}
        requests = status.get("allocatedResources")
        return cls(
            spec=_read(pod["spec"].get("resources")),
            allocated=_read(None if requests is None else {"requests": requests}),
            status=_read(status.get("resources")),
        )


def laid_over(total: Resources, pod: Resources | None) -> Resources:
    """What counts for the pod: its own values, and the sums over its containers where it names none.

    Source: ``PodRequests`` and ``PodLimits`` in ``k8s.io/component-helpers/resource/helpers.go`` v0.37.2.
    """
    if pod is None:
        return total
    own = {field.name: getattr(pod, field.name) for field in fields(pod)}
    return total.with_changes(**{name: value for name, value in own.items() if value is not None})


def passed_on(container: Resources, pod: Resources | None) -> Resources:
    """What the runtime is told for a container: the pod's limits take the place of those that it has not.

    A container without a CPU request is weighed by that limit (kubernetes#135260), as by its own elsewhere.

    Source: ``getCPULimit`` and ``getMemoryLimit`` in ``pkg/kubelet/kuberuntime/kuberuntime_container_linux.go``, the
    same in v1.32.9 and v1.37.2.
    """
    if pod is None:
        return container
    return container.with_changes(
        cpu_limit_milli=container.cpu_limit_milli or pod.cpu_limit_milli,
        memory_limit_bytes=container.memory_limit_bytes or pod.memory_limit_bytes,
    )


def shown(total: Resources) -> Resources:
    """A sum as the API shows it: what is zero, as no container asks for it, is left out."""
    return Resources(**{field.name: getattr(total, field.name) or None for field in fields(total)})


def requests_of(total: Resources) -> Resources:
    """The requests alone, as the API shows them."""
    return shown(total.with_changes(cpu_limit_milli=None, memory_limit_bytes=None))


def _read(document: Mapping[str, Any] | None) -> Resources | None:
    return None if document is None else Resources.from_json(document)
