"""What a survey found, layer by layer, as people read it: there, missing with its remedy, or a note."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from clusters.components.images import STRESS_REFERENCE
from clusters.existing.places import choose_places
from clusters.requirement import Requirement
from clusters.runtimes import OLDEST_CONTAINERD, shortcomings
from clusters.versions import KubeVersion
from resize.behaviour import Behaviour
from resize.catalogue import CatalogueError
from resize.features import RESIZE_GATE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clusters.existing.asking import Answer
    from clusters.existing.nodes import NodeFacts

#: How the detail of a note begins that says nothing, as a right is missing or an answer.
NOT_KNOWN = "not known"
#: The layer that `kubectl top` needs; a fact of the cluster where it is missing.
METRICS_API = "metrics API"
_STAGES = {"alpha": "alpha", "beta": "beta", "ga": "generally available"}
_GATES = f"kube-apiserver, kube-scheduler and each kubelet need --feature-gates={RESIZE_GATE}=true"
_RBAC = "docs/rbac.yaml grants what is needed, and says what for"


def version(found: KubeVersion) -> Requirement:
    """Whether the version has the feature at all."""
    try:
        behaviour = Behaviour.for_version(found)
    except CatalogueError as error:
        return Requirement("version", ok=False, detail=str(error), remedy="upgrade the cluster")
    told = f"{found}, where in-place resize is {_STAGES[behaviour.release.stage]}"
    if behaviour.assumed_from:
        told += f"; newer than the catalogue, which takes it for {behaviour.assumed_from}"
    return Requirement("version", ok=True, detail=told)


def discovery(found: KubeVersion, resources: Answer[dict[str, object]]) -> Requirement:
    """Whether the API has the subresource that resizes are sent to."""
    name = "pods/resize"
    try:
        if Behaviour.for_version(found).submit.endpoint == "pod":
            return Requirement(
                name, ok=True, detail=f"not needed: up to 1.31 the pod itself is patched, and this is {found}"
            )
    except CatalogueError:
        return _unknown(name, "this version has none")
    if resources.value is None:
        return _unknown(name, resources.why)
    listed = resources.value["resources"]
    assert isinstance(listed, list)
    if any(entry["name"] == name for entry in listed):
        return Requirement(name, ok=True, detail="the API server serves it")
    return Requirement(
        name, ok=False, detail=f"the API server does not serve it, so its gate {RESIZE_GATE} is off", remedy=_GATES
    )


def api_gate(found: KubeVersion, gates: Mapping[str, bool] | None, why: str) -> Requirement:
    """What the API server says of its gate."""
    name = "API server's gate"
    if gates is None:
        return _unknown(name, f"{why} (/metrics)")
    if RESIZE_GATE not in gates:
        return _unknown(name, f"kube-apiserver {found} does not list {RESIZE_GATE}")
    if gates[RESIZE_GATE]:
        return Requirement(name, ok=True, detail=f"{RESIZE_GATE} is on")
    return Requirement(name, ok=False, detail=f"{RESIZE_GATE} is off", remedy=_GATES)


def scheduling(why: str, every: Sequence[NodeFacts], nodes: Sequence[NodeFacts]) -> Requirement:
    """Whether there is a node with room for the cases' pods."""
    name = "nodes"
    if why:
        return _unknown(name, why)
    apart = [f"{node.name} {node.why_unused}" for node in every if node.why_unused]
    told = f"{len(every) - len(apart)} of {len(every)} take ordinary pods" + (f" ({_few(apart)})" if apart else "")
    if not nodes:
        return Requirement(name, ok=False, detail=told, remedy="the suite's pods tolerate no taints: make a node free")
    places = choose_places(nodes)
    if not places.nodes:
        free = max((node.free_cpu_milli or 0, node.name) for node in nodes)
        return Requirement(
            name,
            ok=False,
            detail=f"{told}, none of which has room for a case's pods; the emptiest, {free[1]}, has {free[0]}m free",
            remedy="make room, or add a node",
        )
    used = ", ".join(f"{node.name} with {node.free_text} free" for node in places.nodes)
    return Requirement(name, ok=True, detail=f"{told}; a run would use {used}")


def of_nodes(found: KubeVersion, nodes: Sequence[NodeFacts]) -> list[Requirement]:
    """What differs between nodes, each told once for all that are alike."""
    if not nodes:
        return []
    return [
        _kubelets(found, nodes),
        _kubelet_gates(nodes),
        _runtimes(nodes),
        _cgroups(nodes),
        *_configurations(nodes),
    ]


def metrics_api(status: int) -> Requirement:
    """Whether `kubectl top` works."""
    if status == 200:
        return Requirement(METRICS_API, ok=True, detail="metrics.k8s.io answers")
    told = "there is none" if status == 404 else "metrics.k8s.io is registered, and does not answer"
    return _note(METRICS_API, f"{told}, so that `kubectl top` and the cases that use it are left out")


def admission(overlooked: Mapping[str, list[str] | None]) -> Requirement:
    """Whether webhooks and policies see resizes as well as other changes of pods."""
    name = "admission"
    names = [found for listed in overlooked.values() for found in listed or ()]
    if names:
        return _note(name, f"{_few(names)} see updates of pods, but not of pods/resize: a resize goes past them")
    if None in overlooked.values():
        return _unknown(name, "this user may not see all webhooks and policies")
    return Requirement(name, ok=True, detail="no webhook or policy sees pods and overlooks pods/resize")


def of_rights(lacking: Mapping[str, list[str]], in_vain: str) -> list[Requirement]:
    """What this user may not do: without the first set nothing runs, without the others less is seen."""
    if in_vain:
        return [_unknown("rights", f"SelfSubjectAccessReview: {in_vain}")]
    if lacking["run"]:
        missing = f"this user may not {'; '.join(lacking['run'])}"
        run = Requirement("rights to run cases", ok=False, detail=missing, remedy=_RBAC)
    else:
        run = Requirement("rights to run cases", ok=True, detail="all there")
    return [
        run,
        _rights("rights to look", lacking["look"], "what needs them is not known, or not applicable"),
        _rights(
            "rights for nodes", lacking["node access"], "--node-access pod, and `kubectl exec` in cases, need them"
        ),
    ]


def stress_image(nodes: Sequence[NodeFacts]) -> Requirement:
    """Whether the nodes hold the suite's image."""
    name = "stress image"
    if nodes and all(node.has_stress_image for node in nodes):
        return Requirement(name, ok=True, detail=f"every node holds {STRESS_REFERENCE}")
    return _note(name, "not on every node: a public one is pulled, unless --stress-image names one of your registry")


def _kubelets(found: KubeVersion, nodes: Sequence[NodeFacts]) -> Requirement:
    told = _alike(nodes, lambda node: node.kubelet_version)
    old = [node.name for node in nodes if KubeVersion.parse(node.kubelet_version) < KubeVersion(1, 27, 0)]
    if old:
        return Requirement(
            "kubelets", ok=False, detail=f"{told}; too old for in-place resize: {_few(old)}", remedy="upgrade the nodes"
        )
    other = {KubeVersion.parse(node.kubelet_version).minor_text for node in nodes} - {found.minor_text}
    if other:
        return _note("kubelets", f"{told}, other than the API server's {found}: cases expect what that version does")
    return Requirement("kubelets", ok=True, detail=told)


def _kubelet_gates(nodes: Sequence[NodeFacts]) -> Requirement:
    name = "kubelets' gate"
    off = [node.name for node in nodes if node.gate is False]
    unknown = [node.name for node in nodes if node.gate is None]
    if off:
        return Requirement(name, ok=False, detail=f"{RESIZE_GATE} is off on {_few(off)}", remedy=_GATES)
    if unknown:
        return _unknown(name, f"the metrics of {_few(unknown)} can't be read (get nodes/proxy)")
    return Requirement(name, ok=True, detail=f"{RESIZE_GATE} is on")


def _runtimes(nodes: Sequence[NodeFacts]) -> Requirement:
    told = _alike(nodes, lambda node: f"{node.runtime} {node.runtime_version}")
    old = [node.name for node in nodes if shortcomings({node.runtime: node.runtime_version})]
    if old:
        oldest = ".".join(map(str, OLDEST_CONTAINERD))
        detail = (
            f"{told}; older than containerd {oldest}, which is the first to tell a container's resources: {_few(old)}"
        )
        return Requirement("runtime", ok=False, detail=detail, remedy="upgrade containerd there")
    if any(node.runtime != "containerd" for node in nodes):
        return _note("runtime", f"{told}; the suite knows how containerd and runc compute cgroup values")
    return Requirement("runtime", ok=True, detail=told)


def _cgroups(nodes: Sequence[NodeFacts]) -> Requirement:
    if any(node.cgroup_version is None for node in nodes):
        return _unknown(
            "cgroups", "the kubelets don't tell, or may not be asked (get nodes/proxy); each pod's node shows it"
        )
    told = _alike(nodes, lambda node: f"{node.cgroup_version}")
    quotas = [node.name for node in nodes if (node.configuration or {}).get("cpuCFSQuota") is False]
    if quotas:
        return _note("cgroups", f"{told}; no CPU limits are set on {_few(quotas)} (cpuCFSQuota is false)")
    return Requirement("cgroups", ok=True, detail=told)


def _configurations(nodes: Sequence[NodeFacts]) -> list[Requirement]:
    """Settings of kubelets that make them refuse some resizes."""
    known = [node for node in nodes if node.configuration is not None]
    if not known:
        return [
            _unknown(name, "the kubelets' configuration can't be read (get nodes/proxy)")
            for name in ("swap", "managers")
        ]
    swap = _alike(known, _swap)
    managers = _alike(known, lambda node: f"CPU {_policy(node, 'cpu')}, memory {_policy(node, 'memory')}")
    found = [Requirement("swap", ok=True, detail=swap), Requirement("managers", ok=True, detail=managers)]
    if any(_swap(node) == "LimitedSwap" for node in known):
        found[0] = _note("swap", f"{swap}: pods that may swap can't change their memory in place")
    if any(_policy(node, kind) not in {"none", "None"} for node in known for kind in ("cpu", "memory")):
        found[1] = _note("managers", f"{managers}: Guaranteed pods are refused some resizes there")
    return found


def _swap(node: NodeFacts) -> str:
    assert node.configuration is not None
    return str((node.configuration.get("memorySwap") or {}).get("swapBehavior") or "NoSwap")


def _policy(node: NodeFacts, kind: str) -> str:
    assert node.configuration is not None
    return str(node.configuration.get(f"{kind}ManagerPolicy") or "none")


def _rights(name: str, lacking: Sequence[str], consequence: str) -> Requirement:
    if not lacking:
        return Requirement(name, ok=True, detail="all there")
    return Requirement(
        name, ok=False, detail=f"this user may not {'; '.join(lacking)}: {consequence}", remedy=_RBAC, needed=False
    )


def _note(name: str, detail: str) -> Requirement:
    return Requirement(name, ok=False, detail=detail, needed=False)


def _unknown(name: str, why: str) -> Requirement:
    return _note(name, f"{NOT_KNOWN}: {why}")


def _alike(nodes: Sequence[NodeFacts], value: Callable[[NodeFacts], str]) -> str:
    """One value where all nodes have the same, else each value with its nodes."""
    groups = defaultdict(list)
    for node in nodes:
        groups[value(node)].append(node.name)
    if len(groups) == 1:
        return next(iter(groups))
    return "; ".join(f"{text} on {_few(names)}" for text, names in groups.items())


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
