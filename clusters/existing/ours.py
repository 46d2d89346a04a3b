"""What tells the suite's objects in a cluster from everybody else's: only what bears these labels is ever removed."""

from __future__ import annotations

#: Kubernetes' recommended label, and its value on each object that the suite makes.
MANAGED_BY, OURS = "app.kubernetes.io/managed-by", "resize-conformance"
#: The run that an object belongs to, by its ID.
RUN = "resize-conformance/run"
#: The namespace of what a run as a whole needs: its Lease, and the way to the nodes.
NAMESPACE = "resize-conformance"
SELECTOR = f"{MANAGED_BY}={OURS}"


def labels(run_id: str) -> dict[str, str]:
    """The labels of what a run makes."""
    return {MANAGED_BY: OURS, RUN: run_id}
