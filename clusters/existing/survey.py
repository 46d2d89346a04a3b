"""A quick look at a cluster that somebody else made: many questions at once, none of which changes anything."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from kubernetes.config import kube_config

from clusters.api import ApiError, ApiUnreachableError, KubeApi
from clusters.contract import ClusterError
from clusters.existing import layers, rights
from clusters.existing.admission import KINDS, overlooking
from clusters.existing.asking import Asking
from clusters.existing.nodes import NodeFacts
from clusters.requirement import Requirement
from clusters.versions import KubeVersion
from resize.features import enabled_features

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from clusters.existing.asking import Answer
    from clusters.existing.rights import Right

#: How long an answer may keep silent: two rounds of questions, one after the other, are over within ten seconds.
SILENCE_S = 4.0
#: How many nodes are looked at closely; of a large cluster a run takes but a few.
MOST_NODES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found.

    Attributes:
        server: Where the API server is.
        kube_version: Its version.
        nodes: Those that were looked at closely: where ordinary pods get to.
        api_gates: The API server's feature gates by name; None where they may not be seen.
        layers: Each thing looked at, from the API down to the nodes.
        lacking: By set of rights (``run``, ``look``, ``node access``), what this user may not do.
        took_s: How long it took.
    """

    server: str
    kube_version: KubeVersion
    nodes: tuple[NodeFacts, ...]
    api_gates: dict[str, bool] | None
    layers: list[Requirement]
    lacking: dict[str, list[str]]
    took_s: float

    @property
    def cgroup_version(self) -> str:
        """The nodes' cgroup version; empty where it is not known, or not the same on all."""
        found = {node.cgroup_version for node in self.nodes}
        return found.pop() or "" if len(found) == 1 else ""

    @property
    def supported(self) -> bool:
        """Whether nothing keeps this user from resizing pods here."""
        return not any(layer.blocks for layer in self.layers)

    @property
    def verdict(self) -> str:
        """One sentence: whether in-place resize works here."""
        if blocking := [f"{layer.name}: {layer.detail}" for layer in self.layers if layer.blocks]:
            return f"Kubernetes {self.kube_version}: in-place resize can't be used here: {'; '.join(blocking)}"
        unknown = [layer.name for layer in self.layers if layer.detail.startswith(layers.NOT_KNOWN)]
        but = f", as far as can be seen (not known: {', '.join(unknown)})" if unknown else ""
        return f"Kubernetes {self.kube_version}: in-place resize works here{but}"


def survey(kubeconfig: Path | None, context: str | None) -> Survey:
    """Look at the cluster that a kubeconfig leads to, in less than ten seconds.

    Args:
        kubeconfig: The file; None for the one that kubectl would take.
        context: One of its contexts; None for its current one.

    Raises:
        ClusterError: The cluster can't be reached, or does not know this user.
    """
    begun = time.monotonic()
    api = KubeApi(kubeconfig_files(kubeconfig), context=context, timeout_s=SILENCE_S)
    version = server_version(api)
    with Asking(api) as asking:
        resources = asking.get("/api/v1")
        node_list = asking.get("/api/v1/nodes", limit=500)
        metrics_api = asking.get("/apis/metrics.k8s.io/v1beta1")
        metrics = asking.text("/metrics")
        admission = {kind: asking.get(f"/apis/admissionregistration.k8s.io/v1/{kind}", limit=500) for kind in KINDS}
        reviews = {name: _review(asking, wanted) for name, wanted in rights.SETS.items()}
        every = [NodeFacts.of(node) for node in (node_list.value or {"items": []})["items"]]
        nodes = _closely(asking, [node for node in every if not node.why_unused][:MOST_NODES])
        gates = None if metrics.value is None else enabled_features(metrics.value)
        lacking = {
            name: [right.describe(verbs) for right, answer in asked if (verbs := answer.value)]
            for name, asked in reviews.items()
        }
        in_vain = [answer.why for asked in reviews.values() for _, answer in asked if answer.why]
        found = [
            layers.version(version),
            layers.discovery(version, resources),
            layers.api_gate(version, gates, metrics.why),
            layers.scheduling(node_list.why, every, nodes),
            *layers.of_nodes(version, nodes),
            layers.metrics_api(metrics_api.status),
            layers.admission({kind: overlooking(kind, answer.value) for kind, answer in admission.items()}),
            *layers.of_rights(lacking, in_vain[0] if in_vain else ""),
            layers.stress_image(nodes),
        ]
    return Survey(
        server=api.server,
        kube_version=version,
        nodes=tuple(nodes),
        api_gates=gates,
        layers=found,
        lacking=lacking,
        took_s=time.monotonic() - begun,
    )


def require_support(found: Survey) -> None:
    """Make sure that a run makes sense on the cluster.

    Raises:
        ClusterError: It does not; the message has every reason, each with what to do about it.
    """
    if found.supported:
        return
    reasons = "\n".join(f"  - {layer.name}: {layer.sentence}" for layer in found.layers if layer.blocks)
    raise ClusterError(
        f"no case was run, as the cluster at {found.server} lacks what the run needs.\n{reasons}\n"
        "`python -m clusters doctor --kubeconfig FILE` shows all that was looked at."
    )


def kubeconfig_files(kubeconfig: Path | None) -> str:
    """The kubeconfig's path, or where kubectl would look: ``KUBECONFIG``, which may name several, or the usual file."""
    return str(kubeconfig or os.environ.get("KUBECONFIG") or kube_config.KUBE_CONFIG_DEFAULT_LOCATION)


def server_version(api: KubeApi) -> KubeVersion:
    """The API server's version.

    Raises:
        ClusterError: It can't be reached, or does not know this user.
    """
    try:
        return KubeVersion.parse(api.get("/version")["gitVersion"])
    except ApiUnreachableError as error:
        raise ClusterError(
            f"the cluster at {api.server} can't be reached: {error}; is the context the right one?"
        ) from error
    except ApiError as error:
        raise ClusterError(
            f"the cluster at {api.server} does not answer this user ({error}): log in again, or name another --context"
        ) from error


def _review(asking: Asking, wanted: Sequence[Right]) -> list[tuple[Right, Answer[tuple[str, ...]]]]:
    return [(right, asking.call(partial(rights.missing, right=right))) for right in wanted]


def _closely(asking: Asking, nodes: Sequence[NodeFacts]) -> list[NodeFacts]:
    """The nodes with what their pods leave and what their kubelets tell."""
    answers = []
    for node in nodes:
        kubelet = f"/api/v1/nodes/{node.name}/proxy"
        pods = asking.get("/api/v1/pods", fieldSelector=f"spec.nodeName={node.name}")
        answers.append((node, pods, asking.get(f"{kubelet}/configz"), asking.text(f"{kubelet}/metrics")))
    found = []
    for node, pods, configz, metrics in answers:
        counted = node if pods.value is None else node.with_pods(pods.value["items"])
        found.append(counted.with_kubelet(configz.value, metrics.value))
    return found
