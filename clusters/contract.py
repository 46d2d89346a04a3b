"""The contract between the suite and whatever brings a cluster up.

A provider creates, finds and removes clusters. What it hands out is a :class:`ClusterRecord`, plain data that survives
a trip to another process (an xdist worker, ``python -m clusters``) and is turned back into something usable there.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from clusters.runtimes import Runtime
from clusters.versions import KubeVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clusters.progress import Progress


class ClusterError(Exception):
    """A cluster could not be brought up, reached or removed.

    The message names the thing that failed, the cause as far as it is known, and what to do next. It is meant for the
    user as it is: callers print it without a traceback.
    """


class NotInTimeError(ClusterError):
    """All of a cluster's components run, but something did not come true in time; another attempt may do better."""


class NoNodeAccessError(Exception):
    """The suite may not, or can't, look where it has to: into a node, or at what a component tells only there.

    That is nobody's fault, and says nothing about resizing. The message begins with "no node access" and names what
    would have been looked at.
    """


#: The fact of a cluster (:attr:`ClusterRecord.facts`) that says why no node's files can be read; none where they can.
NO_NODE_ACCESS = "no node access"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRequest:
    """What the suite asks a provider for.

    Attributes:
        kube_version: A full version, patch included.
        name: Unique on this host; lower-case letters, digits and dashes.
        log_directory: Where the components' logs are written while they run. It outlives the cluster.
        feature_gates: Gates that every component which knows them is started with.
        component_gates: All gates of a component that is started with other ones, by its name.
        kubelet_version: The kubelet's, where it is older than the rest; a full version.
        runtime: The nodes' container runtime, as far as it is not the usual one.
        more_apis: Versions of APIs that the API server serves besides, such as ``group/v1alpha1``.
        kubelet_configuration: Fields laid over the provider's KubeletConfiguration, for clusters of a special kind.
        metrics: Whether metrics-server runs too.
        node: The kind of node, for providers that have several: ``host`` or ``uml``.
        cgroup_version: "v1" or "v2"; None leaves it to the provider.
        nodes: How many nodes.
        cpus: How many CPUs each node has at least; None leaves it to the provider.
    """

    kube_version: KubeVersion
    name: str
    log_directory: Path
    feature_gates: Mapping[str, bool] = field(default_factory=dict)
    component_gates: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    kubelet_version: KubeVersion | None = None
    runtime: Runtime = field(default_factory=Runtime)
    more_apis: Sequence[str] = ()
    kubelet_configuration: Mapping[str, Any] = field(default_factory=dict)
    metrics: bool = True
    node: str = "host"
    cgroup_version: str | None = None
    nodes: int = 1
    cpus: int | None = None

    def gates_of(self, component: str) -> Mapping[str, bool]:
        """The gates that a component is started with."""
        return self.component_gates.get(component, self.feature_gates)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRecord:
    """A running cluster as plain data.

    Attributes:
        name: The cluster's name.
        provider: The name of the provider that made it.
        kube_version: The server's version, patch included, without the leading v.
        kubeconfig: A kubeconfig file (mode 0600) with full rights on this cluster.
        kubectl: A kubectl of the cluster's own version.
        stress_image: The stress image as pods must name it.
        log_directory: Where the components' logs are, one file each.
        node: The kind of node, such as ``host`` or ``uml``.
        cgroup_version: "v1" or "v2": which one limits the node's memory.
        cpu_milli: How much CPU of each node the cases' pods may ask for together.
        facts: What the node can't do that Kubernetes would, name to one sentence; not to be read as Kubernetes' fault.
        components: Version of each component, such as ``{"containerd": "2.4.2"}``.
        phases_s: How long each phase of the start took, in seconds, in order.
        private: What the provider needs to find the cluster again; nobody else reads it.
    """

    name: str
    provider: str
    kube_version: str
    kubeconfig: str
    kubectl: str
    stress_image: str
    log_directory: str
    node: str
    cgroup_version: str
    cpu_milli: int
    facts: dict[str, str]
    components: dict[str, str]
    phases_s: dict[str, float]
    private: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON types only."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ClusterRecord:
        """The record that :meth:`to_json` wrote."""
        return cls(**document)


class Node(Protocol):
    """One node, seen from its own mount and PID namespaces.

    Attributes:
        name: Its name in Kubernetes.
        sampling_s: How close together its cgroups may be read for seconds on end without disturbing it.
    """

    name: str
    sampling_s: float

    def read_text(self, path: str) -> str:
        """The content of a file on the node.

        Raises:
            FileNotFoundError: There is no such file, which is usual for the cgroup of a container that ended.
        """
        ...

    def read_texts(self, paths: Sequence[str]) -> list[str | None]:
        """The contents of several files, read as close together as can be; None for each that is not there."""
        ...

    def run(self, arguments: Sequence[str], *, timeout_s: float = 30.0) -> str:
        """What a command printed that ran on the node.

        Raises:
            ClusterError: The command failed or did not end in time; the message has its output.
        """
        ...


class Provider(Protocol):
    """A way to bring clusters up."""

    name: str

    def create(self, request: ClusterRequest, progress: Progress) -> ClusterRecord:
        """Bring a cluster up and return once it can run pods.

        Raises:
            ClusterError: It did not come up. Nothing of it is left.
        """
        ...

    def nodes(self, record: ClusterRecord) -> list[Node]:
        """The cluster's nodes, for reading cgroups and running commands."""
        ...

    def component_metrics(self, record: ClusterRecord, component: str) -> str:
        """What a component (kube-apiserver, kubelet, kube-scheduler, kube-controller-manager) serves as /metrics.

        Raises:
            ClusterError: The component can't be reached.
        """
        ...

    def kubelet_log(self, record: ClusterRecord, node: str, since: float) -> str:
        """A node's kubelet's log from a moment on, in seconds since the epoch, as far as the provider can read it.

        Raises:
            ClusterError: It can't be read.
            NoNodeAccessError: The suite may not read it.
        """
        ...

    def faults(self, record: ClusterRecord) -> list[str]:
        """One sentence for each thing that is broken in the cluster itself, such as a component that ended."""
        ...

    def stop(self, record: ClusterRecord, component: str) -> None:
        """End a component (kubelet, containerd, kube-apiserver ...) as its service manager would; it stays down.

        With several nodes the first one's is meant.

        Raises:
            ClusterError: It does not run, or does not end.
            NoNodeAccessError: The provider has no way to, or no right.
        """
        ...

    def start(self, record: ClusterRecord, component: str) -> None:
        """Start a component that was stopped, and return once it serves again.

        Raises:
            ClusterError: It was not stopped, or does not come up.
        """
        ...

    def configure_kubelet(self, record: ClusterRecord, changes: Mapping[str, Any]) -> None:
        """Lay changes over the configuration that the kubelet was made with; it reads them when it is next started.

        With several nodes the first one's is meant.

        Args:
            record: The cluster's.
            changes: A JSON merge patch (RFC 7386) of its KubeletConfiguration; an empty one takes earlier changes back.

        Raises:
            NoNodeAccessError: The provider has no way to, or no right.
        """
        ...

    def destroy(self, record: ClusterRecord, *, keep: bool = False) -> None:
        """Remove the cluster with all its traces; with ``keep``, let go of it so that it outlives this process."""
        ...
