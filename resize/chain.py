"""One reading of the whole chain: spec, allocatedResources, status, pod cgroup, container cgroup, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resize.cgroup_expected import expected_container, expected_pod, pod_total
from resize.podlevel import laid_over, passed_on, requests_of, shown
from resize.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resize.behaviour import Behaviour
    from resize.cgroup import CgroupReading
    from resize.cgroup_expected import ExpectedCgroup
    from resize.cgroup_formula import WeightFormula
    from resize.cgroup_paths import CgroupDriver, CgroupVersion
    from resize.podview import PodView


@dataclass(frozen=True, slots=True)
class Chain:
    """What every layer said at one moment.

    Attributes:
        at_s: Seconds since the resize was requested (or since the observation began).
        pod: The newest pod object that the watch brought.
        container_cgroups: The reading for each container by name; None where the cgroup is gone.
        pod_cgroup: The pod's reading.
        node_access: Whether cgroups can be read at all; else there is no reading, and that says nothing.
    """

    at_s: float
    pod: PodView
    container_cgroups: Mapping[str, CgroupReading | None]
    pod_cgroup: CgroupReading | None
    node_access: bool = True


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A layer that does not say what it should."""

    layer: str
    actual: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedChain:
    """What every layer must say once a resize is done (or: as long as one is refused).

    Attributes:
        spec: The wanted resources of each container by name.
        actual: What the node must have applied; differs from ``spec`` where a resize is not (yet) granted.
        cgroup_version: Of the node; None where its cgroups can't be read, and then nothing is expected of them.
        cgroup_driver: Of the node; None as above.
        behaviour: Says which fields this version has.
        settled: Whether the pod must have stopped speaking of a resize.
        restart_counts: By container name, where they matter.
        container_ids: By container name, of those that must be the same containers as before.
        runtime_weight: The runtime's formula for ``cpu.weight``; None where it is not known.
        pod_spec: The pod-level resources that are wanted; None where the pod has none.
        pod_actual: Those that the node must have applied.
        pod_status: Whether ``status.resources`` of the pod must show them too, which has known issues of its own.
    """

    spec: Mapping[str, Resources]
    actual: Mapping[str, Resources]
    cgroup_version: CgroupVersion | None
    cgroup_driver: CgroupDriver | None
    behaviour: Behaviour
    settled: bool = True
    restart_counts: Mapping[str, int] | None = None
    container_ids: Mapping[str, str] | None = None
    runtime_weight: WeightFormula | None = None
    pod_spec: Resources | None = None
    pod_actual: Resources | None = None
    pod_status: bool = False

    def mismatches(self, chain: Chain) -> list[Mismatch]:
        """Every layer that differs, in the order of the chain; empty when all agree."""
        found = [*self._object_mismatches(chain.pod), *self.cgroup_mismatches(chain)]
        if self.settled and not chain.pod.resize.settled:
            found.append(Mismatch("resize state", str(chain.pod.resize), "none: the resize is done"))
        return found

    def requests(self, container: str) -> Resources:
        """What a container's allocatedResources must be, which holds requests only (core/v1 ContainerStatus)."""
        return self.actual[container].with_changes(cpu_limit_milli=None, memory_limit_bytes=None)

    def pod_total(self, pod: PodView) -> Resources:
        """What must count for the pod: its own values, and the sums over its containers where it names none."""
        return total_of(pod, self.actual, self.pod_actual)

    def _object_mismatches(self, pod: PodView) -> list[Mismatch]:
        found = self._pod_level_mismatches(pod)
        for container in pod.all_containers:
            name, spec, actual = container.name, self.spec[container.name], self.actual[container.name]
            found += _compare(f"spec of {name}", container.spec, spec)
            if container.is_over or not container.has_begun:
                continue
            if self.behaviour.status.allocated_resources:
                found += _compare(f"allocatedResources of {name}", container.allocated, self.requests(name))
            if self.behaviour.status.actual_resources:
                found += _compare(f"status.resources of {name}", container.status, actual)
            if self.restart_counts is not None and container.restart_count != self.restart_counts[name]:
                found.append(
                    Mismatch(f"restartCount of {name}", str(container.restart_count), str(self.restart_counts[name]))
                )
            same = (self.container_ids or {}).get(name)
            if same is not None and container.container_id != same:
                found.append(Mismatch(f"containerID of {name}", container.container_id[:12], same[:12]))
        return found

    def _pod_level_mismatches(self, pod: PodView) -> list[Mismatch]:
        """What the object says about the pod as a whole.

        Pods without pod-level resources have the two fields of the status as well; there nobody misses them.
        """
        found, level = [], pod.pod_level
        if level.spec != self.pod_spec:
            wanted = "no pod-level resources" if self.pod_spec is None else self.pod_spec.describe()
            found.append(Mismatch("spec.resources of the pod", _text(level.spec), wanted))
        is_there = self.behaviour.pod_level.in_status and self.pod_spec is not None
        total = self.pod_total(pod)
        if is_there or level.allocated is not None:
            allocated = None if level.allocated is None else requests_of(level.allocated)
            found += _compare("allocatedResources of the pod", allocated, requests_of(total))
        if self.pod_status:
            found += _compare("status.resources of the pod", level.status, shown(total))
        return found

    def cgroup_mismatches(self, chain: Chain) -> list[Mismatch]:
        """Every cgroup that differs: what the kernel enforces, whatever the objects say."""
        found: list[Mismatch] = []
        if self.cgroup_version is None or self.cgroup_driver is None:
            return found
        running = [c for c in chain.pod.all_containers if c.has_begun and not c.is_over]
        for name, reading in ((container.name, chain.container_cgroups.get(container.name)) for container in running):
            right = self.container_cgroup(name)
            texts = ["container cgroup: gone"] if reading is None else right.mismatches(reading)
            told = passed_on(self.actual[name], self.pod_actual).describe()
            found += [Mismatch(f"container cgroup of {name}", text, told) for text in texts]
        right = self.pod_cgroup(chain.pod)
        texts = ["pod cgroup: gone"] if chain.pod_cgroup is None else right.mismatches(chain.pod_cgroup)
        found += [Mismatch("pod cgroup", text, self.pod_source) for text in texts]
        return found

    def container_cgroup(self, name: str) -> ExpectedCgroup:
        """What a container's cgroup must show, on a node whose cgroups can be read."""
        assert self.cgroup_version is not None
        assert self.cgroup_driver is not None
        return expected_container(
            self.actual[name],
            self.cgroup_version,
            self.cgroup_driver,
            weight=self.runtime_weight,
            pod_level=self.pod_actual,
        )

    def pod_cgroup(self, pod: PodView) -> ExpectedCgroup:
        """What the cgroup of a pod of these containers must show, on a node whose cgroups can be read."""
        assert self.cgroup_version is not None
        assert self.cgroup_driver is not None
        return expected_pod(
            [self.actual[container.name] for container in pod.all_containers if container.kind != "init"],
            self.cgroup_version,
            self.cgroup_driver,
            weight=self.behaviour.cgroups.pod_weight,
            init=[(container.kind, self.actual[container.name]) for container in pod.init_containers],
            pod_level=self.pod_actual,
        )

    @property
    def pod_source(self) -> str:
        """Where the values of the pod's cgroup come from, for people."""
        total = f"the sum over {len(self.actual)} containers"
        return total if self.pod_actual is None else f"the pod's own {self.pod_actual.describe()}, else {total}"


def total_of(pod: PodView, resources: Mapping[str, Resources], pod_level: Resources | None) -> Resources:
    """What counts for a pod whose containers, by name, and which itself have these resources."""
    running = [resources[container.name] for container in pod.all_containers if container.kind != "init"]
    before = [(container.kind, resources[container.name]) for container in pod.init_containers]
    return laid_over(pod_total(running, before), pod_level)


def _compare(layer: str, actual: Resources | None, expected: Resources) -> list[Mismatch]:
    # The API leaves empty fields out.
    if actual == expected or (actual is None and expected == Resources()):
        return []
    return [Mismatch(layer, _text(actual), expected.describe())]


def _text(actual: Resources | None) -> str:
    return "missing" if actual is None else actual.describe()
