"""The kinds of cluster that cases ask for: the standard one of a version, and those that differ in one setting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from clusters.runtimes import Runtime
from clusters.versions import KubeVersion

#: The components that look at the gates of resizing.
GATED = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet")

#: The variant "memory-qos" throttles containers from here on: this part of the way from their request to their limit.
MEMORY_THROTTLING_FACTOR = 0.9

#: Where a node of the variant "static-pods" has its manifests.
STATIC_PODS = "/var/lib/kubelet/manifests"


@dataclass(frozen=True, slots=True)
class Variant:
    """How a cluster differs from the standard one.

    Attributes:
        gates_on: The components that are started with the gates that resizing needs; the others have them off.
        kubelet_configuration: Laid over the kubelet's configuration.
        metrics: Whether metrics-server runs.
        cpus: How many CPUs the node has at least; None for any number.
        kubelet_older_by: How many minor versions the kubelet is older than the API server.
        more_gates: Alpha gates that every component is started with besides; its cases are for versions that know them.
        more_apis: Versions of APIs that the API server serves besides those that it serves of itself.
        restarts: Whether its cases restart components, so that none that was started anew is a surprise.
        needs_numa: Whether the kubelet starts only on a node whose memory is in NUMA nodes.
    """

    gates_on: tuple[str, ...] = GATED
    kubelet_configuration: dict[str, Any] = field(default_factory=dict)
    metrics: bool = True
    cpus: int | None = None
    kubelet_older_by: int = 0
    more_gates: tuple[str, ...] = ()
    more_apis: tuple[str, ...] = ()
    restarts: bool = False
    needs_numa: bool = False

    @property
    def by_component(self) -> bool:
        """Whether it is only for providers that start each component by itself."""
        return self.kubelet_older_by > 0 or self.gates_on not in {GATED, ()} or self.more_apis != ()


VARIANTS = {
    "standard": Variant(),
    # As the standard one, for cases that fill the node: beside a resize that is Deferred no other pod is scheduled,
    # since the scheduler counts what it asks for (KEP-1287, Scheduler and API Server Interaction).
    "crowded": Variant(metrics=False),
    "gate-off": Variant(gates_on=(), metrics=False),
    # What people have who read half of the instructions: kubermatic#13892, MicroShift#5266.
    "gate-on-apiserver-only": Variant(gates_on=("kube-apiserver",), metrics=False),
    "gate-on-kubelet-only": Variant(gates_on=("kubelet",), metrics=False),
    # For serial cases that restart components, or look at what components have counted.
    "alone": Variant(metrics=False, restarts=True),
    # The scheduler may end pods for a resize that waits (KEP-5836, alpha in 1.37).
    "resize-preemption": Variant(more_gates=("InPlacePodVerticalScalingSchedulerPreemption",), metrics=False),
    # The static policy wants CPUs set aside for the system (KEP-3570); half of one is the least it takes. That leaves
    # one to be given away only where there are two.
    "static-cpu": Variant(
        kubelet_configuration={"cpuManagerPolicy": "static", "systemReserved": {"cpu": "500m"}}, metrics=False, cpus=2
    ),
    # KEP-6030, alpha in 1.37.
    "memory-volumes": Variant(more_gates=("InPlacePodVerticalScalingMemoryBackedVolumes",), metrics=False),
    # The kubelet tells what it has allocated, alpha in 1.37.
    "allocated-pods": Variant(more_gates=("KubeletAllocatedPodsEndpoint",), metrics=False),
    # The policy Static wants just so much memory reserved on the NUMA nodes as on the whole node (KEP-1769): the
    # system's and what eviction keeps free.
    "static-memory": Variant(
        kubelet_configuration={
            "memoryManagerPolicy": "Static",
            "systemReserved": {"memory": "50Mi"},
            "reservedMemory": [{"numaNode": 0, "limits": {"memory": "100Mi"}}],
        },
        metrics=False,
        needs_numa=True,
    ),
    # Memory protection and throttling by cgroup v2 (KEP-2570): alpha up to 1.36, and from 1.37 on a beta that does
    # nothing unless told. Kubelets before 1.36 pass over the policy, which they don't know (DecodeKubeletConfiguration
    # in pkg/kubelet/kubeletconfig/util/codec/codec.go: lenient where strict decoding fails).
    "memory-qos": Variant(
        more_gates=("MemoryQoS",),
        kubelet_configuration={
            "memoryThrottlingFactor": MEMORY_THROTTLING_FACTOR,
            "memoryReservationPolicy": "TieredReservation",
        },
        metrics=False,
        restarts=True,
    ),
    # Burstable pods may swap (KEP-2400), whether or not there is anything to swap to.
    "swap": Variant(kubelet_configuration={"memorySwap": {"swapBehavior": "LimitedSwap"}}, metrics=False),
    # Pods from files on the node (Kubernetes documentation, Create static Pods).
    "static-pods": Variant(kubelet_configuration={"staticPodPath": STATIC_PODS}, metrics=False),
    # Policies in CEL before 1.30 (KEP-3488): an alpha in 1.27, then a beta that is off. The API server itself wants the
    # newest version that it knows, v1beta1 from 1.28 on.
    "early-policies": Variant(
        more_gates=("ValidatingAdmissionPolicy",),
        more_apis=("admissionregistration.k8s.io/v1alpha1", "admissionregistration.k8s.io/v1beta1"),
        metrics=False,
    ),
    # An upgrade begins with the control plane, and nodes may be three minors behind it (Version Skew Policy).
    "kubelet-1-older": Variant(kubelet_older_by=1, metrics=False),
    "kubelet-3-older": Variant(kubelet_older_by=3, metrics=False),
}


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """What kind of nodes a cluster has: where they run (``host``, ``uml``, ``kind``, ...), and their cgroup version.

    The version is empty where it is not known before the cluster is looked at.
    """

    node: str
    cgroup_version: str

    @property
    def label(self) -> str:
        """What people call it: ``uml v2``."""
        return f"{self.node} {self.cgroup_version}".rstrip()

    @property
    def has_numa(self) -> bool:
        """Whether the nodes' kernels tell of NUMA nodes; arch/um has no CONFIG_NUMA."""
        return self.node != "uml"


@dataclass(frozen=True, slots=True, order=True)
class ClusterKey:
    """Which cluster a case runs on: a version (patch included), a platform, a variant, and a container runtime."""

    kube_version: KubeVersion
    platform: Platform
    variant: str = "standard"
    runtime: Runtime = field(default_factory=Runtime)

    @property
    def label(self) -> str:
        """What people call it: ``1.37.2 uml v2``, or ``1.37.2 uml v2 containerd 1.7.29 gate-off``."""
        return self.standard_label + ("" if self.variant == "standard" else f" {self.variant}")

    @property
    def standard_label(self) -> str:
        """The label without the variant."""
        return " ".join(filter(None, [str(self.kube_version), self.platform.label, self.runtime.label]))

    def to_json(self) -> dict[str, str]:
        """The key in JSON types."""
        return {
            "kube_version": str(self.kube_version),
            "node": self.platform.node,
            "cgroup_version": self.platform.cgroup_version,
            "variant": self.variant,
            "containerd": self.runtime.containerd,
            "oci_runtime": self.runtime.oci_runtime,
        }

    @classmethod
    def from_json(cls, document: dict[str, str]) -> ClusterKey:
        """The key that :meth:`to_json` wrote."""
        platform = Platform(document["node"], document["cgroup_version"])
        runtime = Runtime(document["containerd"], document["oci_runtime"])
        return cls(KubeVersion.parse(document["kube_version"]), platform, document["variant"], runtime)
