"""What a user may do in a cluster, asked by SelfSubjectAccessReview, and what the suite needs of it.

``docs/rbac.yaml`` grants exactly these rights, one ClusterRole a set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clusters.existing.ours import NAMESPACE

if TYPE_CHECKING:
    from clusters.api import KubeApi

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@dataclass(frozen=True, slots=True)
class Right:
    """Some verbs on one resource.

    Attributes:
        resource: With its subresource, such as ``pods/resize``; a path such as ``/metrics`` if it begins with a slash.
        verbs: What may be done with it.
        purpose: What the suite does with it.
        group: The resource's API group.
        namespace: Where it is needed; empty means in every namespace, as each case has one of its own.
    """

    resource: str
    verbs: tuple[str, ...]
    purpose: str
    group: str = ""
    namespace: str = ""

    def describe(self, verbs: tuple[str, ...]) -> str:
        """Such as ``patch pods/resize``."""
        return f"{', '.join(verbs)} {self.resource}" + (f".{self.group}" if self.group else "")


#: No case runs without one of these.
RUN = (
    Right("namespaces", ("create", "delete", "get", "list", "patch"), "each case has a namespace of its own"),
    Right("serviceaccounts", ("create",), "a fresh namespace's default account, without which no pod starts"),
    Right("pods", ("create", "delete", "get", "list", "patch", "watch"), "the cases' pods; and how full the nodes are"),
    Right("pods/resize", ("patch",), "what the suite is about, from Kubernetes 1.32 on"),
    Right("pods/log", ("get",), "a workload tells by its log how long it took"),
    Right("events", ("list", "watch"), "the kubelet tells of a resize by events"),
    Right("nodes", ("get", "list"), "which nodes there are, and what they have"),
    Right(
        "leases",
        ("create", "delete", "get", "update"),
        "keeps two runs apart",
        group="coordination.k8s.io",
        namespace=NAMESPACE,
    ),
)
#: Without one of these something is not known, or the cases that look at it don't apply.
LOOK = (
    Right("/metrics", ("get",), "the API server's feature gates"),
    Right("nodes/proxy", ("get",), "the kubelets' configuration, feature gates, and memory statistics"),
    Right("pods", ("get", "list"), "kubectl top pod", group="metrics.k8s.io"),
    Right(
        "validatingwebhookconfigurations",
        ("list",),
        "whether a webhook looks at pods and not at resizes",
        group="admissionregistration.k8s.io",
    ),
    Right(
        "mutatingwebhookconfigurations",
        ("list",),
        "the same for those that change pods",
        "admissionregistration.k8s.io",
    ),
    Right("validatingadmissionpolicies", ("list",), "the same for policies", "admissionregistration.k8s.io"),
)
#: ``--node-access pod`` needs these besides; the last is also what `kubectl exec` in a case's own pod needs.
NODE_ACCESS = (
    Right(
        "daemonsets",
        ("create", "delete", "get", "list"),
        "the privileged pod on each node that is tested",
        group="apps",
        namespace=NAMESPACE,
    ),
    Right("pods/exec", ("create", "get"), "to read files by that pod"),
)

#: All of them by name.
SETS = {"run": RUN, "look": LOOK, "node access": NODE_ACCESS}


def missing(api: KubeApi, right: Right) -> tuple[str, ...]:
    """The verbs of a right that this user lacks.

    Raises:
        ApiError: The server does not answer such questions.
        ApiUnreachableError: It does not answer at all.
    """
    return tuple(verb for verb in right.verbs if not _allowed(api, right, verb))


def _allowed(api: KubeApi, right: Right, verb: str) -> bool:
    if right.resource.startswith("/"):
        asked: dict[str, object] = {"nonResourceAttributes": {"path": right.resource, "verb": verb}}
    else:
        resource, _, subresource = right.resource.partition("/")
        attributes = {
            "group": right.group,
            "resource": resource,
            "subresource": subresource,
            "verb": verb,
            "namespace": right.namespace,
        }
        asked = {"resourceAttributes": {name: value for name, value in attributes.items() if value}}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": asked}
    return bool(api.create(_REVIEWS, review)["status"].get("allowed"))
