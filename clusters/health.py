"""Whether a cluster's own parts ran on by themselves while cases ran on it: a kubelet that panics comes back unnoticed.

Clusters whose cases restart components on purpose are not looked at (:attr:`clusters.variants.Variant.restarts`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clusters.api import ApiError, KubeApi
from clusters.contract import NO_NODE_ACCESS, ClusterError, NoNodeAccessError
from clusters.variants import VARIANTS

if TYPE_CHECKING:
    from clusters.contract import ClusterRecord, Provider
    from clusters.variants import ClusterKey

#: Set by the Go client library of Prometheus in every component.
_STARTED: Final = re.compile(r"^process_start_time_seconds (\S+)$", re.MULTILINE)
#: A Go program that ends so has a mistake in it.
_PANIC: Final = re.compile(r"panic: |fatal error: ")
_COMPONENTS: Final = ("kube-apiserver", "kubelet")


@dataclass(frozen=True, slots=True)
class Health:
    """What a cluster's parts said of themselves at one moment; what they don't tell is left out.

    Attributes:
        started: When each component was started, as it tells.
        ready: Since when each node has been Ready, and whether it is.
    """

    started: dict[str, str]
    ready: dict[str, str]

    @property
    def known(self) -> bool:
        """Whether anything was told."""
        return bool(self.started or self.ready)

    @classmethod
    def of(cls, provider: Provider, record: ClusterRecord) -> Health:
        """Look at a cluster."""
        started = {name: text for name in _COMPONENTS if (text := _started(provider, record, name))}
        return cls(started | _runtime_started(provider, record), _ready(record))

    def restarts(self, now: Health) -> list[str]:
        """One line for each component that was started anew since."""
        found = [(name, at, now.started.get(name, at)) for name, at in self.started.items()]
        return [f"{name} was started anew: at {again}, before at {at}" for name, at, again in found if again != at]

    def absences(self, now: Health) -> list[str]:
        """One line for each node that was not Ready all the time."""
        found = [(name, at, now.ready.get(name, at)) for name, at in self.ready.items()]
        return [f"node {name} was not always Ready: {again}, before {at}" for name, at, again in found if again != at]


@dataclass(frozen=True, slots=True)
class Course:
    """How a cluster fared from its first to its last case.

    Attributes:
        restarts: Components that came back, or that ended by a mistake of their own: Kubernetes' matter.
        absences: What else was away for a while or is gone: nobody knows whose matter.
        no_node_access: Why the nodes, and so their container runtime, could not be looked at; empty where they could.
    """

    restarts: list[str]
    absences: list[str]
    no_node_access: str = ""


class Vigil:
    """Looks at each cluster when it is up, and again before it goes."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._first: dict[ClusterKey, Health] = {}
        #: The clusters that are gone, or let go of.
        self.courses: dict[ClusterKey, Course] = {}

    def begin(self, key: ClusterKey, record: ClusterRecord) -> None:
        """Look at a cluster that has just come up."""
        if not VARIANTS[key.variant].restarts:
            self._first[key] = Health.of(self._provider, record)

    def end(self, key: ClusterKey, record: ClusterRecord) -> None:
        """Look at it for the last time."""
        first = self._first.get(key)
        if first is None or not first.known:
            return
        faults = self._provider.faults(record)
        now = first if faults else Health.of(self._provider, record)
        mistakes = [fault for fault in faults if _PANIC.search(fault)]
        others = [fault for fault in faults if fault not in mistakes]
        self.courses[key] = Course(
            [*mistakes, *first.restarts(now)],
            [*others, *first.absences(now)],
            str(record.facts.get(NO_NODE_ACCESS, "")),
        )


def _started(provider: Provider, record: ClusterRecord, component: str) -> str:
    try:
        found = _STARTED.search(provider.component_metrics(record, component))
    except (ApiError, ClusterError, NoNodeAccessError):
        return ""
    return found[1] if found else ""


def _runtime_started(provider: Provider, record: ClusterRecord) -> dict[str, str]:
    """When containerd's process was made on each node that can be looked at."""
    found = {}
    try:
        for node in provider.nodes(record):
            # Field 22 of proc_pid_stat(5), in clock ticks since the node's start; the name has no space.
            stat = node.run(["sh", "-c", "cat /proc/$(pidof containerd)/stat"]).split()
            found[f"containerd of {node.name}"] = f"tick {stat[21]}"
    except (ApiError, ClusterError, NoNodeAccessError):
        return {}
    return found


def _ready(record: ClusterRecord) -> dict[str, str]:
    try:
        nodes = KubeApi(record.kubeconfig).get("/api/v1/nodes")["items"]
    except (ApiError, ClusterError):
        return {}
    return {
        node["metadata"]["name"]: f"{condition['status']} since {condition['lastTransitionTime']}"
        for node in nodes
        for condition in node["status"].get("conditions", [])
        if condition["type"] == "Ready"
    }
