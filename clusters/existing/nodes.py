"""What the API tells of a cluster's nodes: versions, room, and how each kubelet is configured, if it may be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clusters.components.images import STRESS_REFERENCE
from resize.features import RESIZE_GATE, enabled_features
from resize.quantity import cpu_milli, memory_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clusters.api import Json

#: KEP-4569; older kubelets don't serve it.
_CGROUP_VERSION = re.compile(r"^kubelet_cgroup_version (?P<version>[12])$", re.MULTILINE)
#: What keeps ordinary pods away.
_KEEPING_AWAY = {"NoSchedule", "NoExecute"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """One node. None means: not known, as a right is missing or the node's kubelet did not answer.

    Attributes:
        name: Its name.
        kubelet_version: Such as ``1.37.2``, without the v.
        os: ``linux`` or ``windows``.
        runtime: The container runtime, such as ``containerd``.
        runtime_version: Its version.
        why_unused: Why ordinary pods don't get there; empty where they do.
        allocatable_cpu_milli: What it has for pods.
        allocatable_memory_bytes: The same of memory.
        free_cpu_milli: What is left of that.
        free_memory_bytes: The same of memory.
        has_stress_image: Whether it says that it holds the suite's own image.
        cgroup_version: "v1" or "v2".
        gate: Whether its kubelet says that the resize gate is on.
        configuration: The kubelet's configuration, as far as it is of interest.
    """

    name: str
    kubelet_version: str
    os: str
    runtime: str
    runtime_version: str
    why_unused: str
    allocatable_cpu_milli: int
    allocatable_memory_bytes: int
    free_cpu_milli: int | None = None
    free_memory_bytes: int | None = None
    has_stress_image: bool = False
    cgroup_version: str | None = None
    gate: bool | None = None
    configuration: Mapping[str, Any] | None = None

    @property
    def free_text(self) -> str:
        """What is left of its room, for people."""
        if self.free_cpu_milli is None or self.free_memory_bytes is None:
            return "an unknown room"
        return f"{self.free_cpu_milli}m and {self.free_memory_bytes // 2**20}Mi"

    @classmethod
    def of(cls, node: Json) -> NodeFacts:
        """What the node object itself tells."""
        status = node["status"]
        info, allocatable = status["nodeInfo"], status["allocatable"]
        runtime, _, version = str(info["containerRuntimeVersion"]).partition("://")
        names = [name for image in status.get("images") or () for name in image.get("names") or ()]
        return cls(
            name=node["metadata"]["name"],
            kubelet_version=str(info["kubeletVersion"]).removeprefix("v"),
            os=str(info["operatingSystem"]),
            runtime=runtime,
            runtime_version=version,
            why_unused=_why_unused(node),
            allocatable_cpu_milli=cpu_milli(allocatable["cpu"]),
            allocatable_memory_bytes=memory_bytes(allocatable["memory"]),
            has_stress_image=STRESS_REFERENCE in names,
        )

    def with_pods(self, pods: Iterable[Json]) -> NodeFacts:
        """The same, with what the pods on it leave."""
        asked = [requested(pod) for pod in pods if pod["status"].get("phase") not in {"Succeeded", "Failed"}]
        return replace(
            self,
            free_cpu_milli=self.allocatable_cpu_milli - sum(cpu for cpu, _ in asked),
            free_memory_bytes=self.allocatable_memory_bytes - sum(memory for _, memory in asked),
        )

    def with_kubelet(self, configz: Json | None, metrics: str | None) -> NodeFacts:
        """The same, with what its kubelet tells: its ``/configz`` and ``/metrics``, where they could be read."""
        configuration = (configz or {}).get("kubeletconfig")
        found = _CGROUP_VERSION.search(metrics or "")
        version = f"v{found['version']}" if found else None
        if version is None and (configuration or {}).get("failCgroupV1"):
            # Such a kubelet does not run on v1.
            version = "v2"
        gate = enabled_features(metrics).get(RESIZE_GATE) if metrics is not None else None
        return replace(self, cgroup_version=version, gate=gate, configuration=configuration)


def requested(pod: Json) -> tuple[int, int]:
    """What the scheduler counts for a pod: milli-CPU and bytes.

    As ``PodRequests`` in ``k8s.io/component-helpers/resource``: of each container the larger of what it asks for and of
    what it holds, the init containers one after the other beside the sidecars before them, and the overhead.
    """
    spec, held = pod["spec"], _held(pod["status"])
    sidecars = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    lasting = [_container(c, held) for c in (*sidecars, *spec["containers"])]
    total = (sum(cpu for cpu, _ in lasting), sum(memory for _, memory in lasting))
    beside = (0, 0)
    for container in spec.get("initContainers") or ():
        cpu, memory = _container(container, held)
        peak = (beside[0] + cpu, beside[1] + memory)
        total = (max(total[0], peak[0]), max(total[1], peak[1]))
        if container.get("restartPolicy") == "Always":
            beside = peak
    whole = (spec.get("resources") or {}).get("requests") or {}
    total = (
        cpu_milli(whole["cpu"]) if "cpu" in whole else total[0],
        memory_bytes(whole["memory"]) if "memory" in whole else total[1],
    )
    overhead = _quantities(spec.get("overhead") or {})
    return total[0] + overhead[0], total[1] + overhead[1]


def _held(status: Json) -> dict[str, tuple[int, int]]:
    """What the node has set aside for each container by name."""
    statuses = (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
    return {entry["name"]: _quantities(entry.get("allocatedResources") or {}) for entry in statuses}


def _container(container: Json, held: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    asked = _quantities((container.get("resources") or {}).get("requests") or {})
    has = held.get(container["name"], (0, 0))
    return max(asked[0], has[0]), max(asked[1], has[1])


def _quantities(resources: Mapping[str, str]) -> tuple[int, int]:
    return cpu_milli(resources.get("cpu", "0")), memory_bytes(resources.get("memory", "0"))


def _why_unused(node: Json) -> str:
    ready = {c["type"]: c["status"] for c in node["status"].get("conditions") or ()}.get("Ready")
    taints = [f"{t['key']}:{t['effect']}" for t in node["spec"].get("taints") or () if t["effect"] in _KEEPING_AWAY]
    if node["status"]["nodeInfo"]["operatingSystem"] != "linux":
        return f"runs {node['status']['nodeInfo']['operatingSystem']}"
    if ready != "True":
        return "is not Ready"
    if node["spec"].get("unschedulable"):
        return "is cordoned"
    return f"has the taint {taints[0]}" if taints else ""
