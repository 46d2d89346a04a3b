"""What was ever seen of a pod: each spec, and each value of its cgroups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resize.cgroup import CgroupReading
    from resize.podview import PodView


@dataclass(slots=True)
class History:
    """All that an observer has seen of one pod, each thing once.

    Attributes:
        views: A view of the pod for each spec that it had.
        images: The images of its containers; a change of them is a reason to restart one.
        readings: The cgroups' readings by container, the pod's under None.
    """

    views: list[PodView] = field(default_factory=list)
    images: set[tuple[str, str]] = field(default_factory=set)
    readings: dict[str | None, list[CgroupReading]] = field(default_factory=dict)

    def pod(self, document: dict[str, Any], view: PodView) -> None:
        """Take note of a pod object."""
        self.images |= {(container["name"], container.get("image", "")) for container in document["spec"]["containers"]}
        if not any(_asked(known) == _asked(view) for known in self.views):
            self.views.append(view)

    def cgroup(self, container: str | None, reading: CgroupReading | None) -> None:
        """Take note of a reading that differs from the one before."""
        known = self.readings.setdefault(container, [])
        if reading is not None and not any(reading.values == other.values for other in known):
            known.append(reading)


def _asked(view: PodView) -> tuple[object, ...]:
    return view.pod_level.spec, [(container.name, container.spec) for container in view.all_containers]
