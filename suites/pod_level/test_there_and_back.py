"""A pod's own resources and its containers', raised and lowered one by one and together, under each resizePolicy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import there_and_back
from resize.manifests import CONTAINER
from suites.pod_level import rows
from suites.pod_level.pods import RESIZABLE, SIDECAR, start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.pods import Pods
    from resize.resources import Resources

pytestmark = [*RESIZABLE, pytest.mark.rule("pod_level.refused", "pod_level.in_status", "cgroups.pod_weight")]


@pytest.mark.parametrize(("policy", "change"), rows.guaranteed())
def test_guaranteed(pods: Pods, policy: Mapping[str, str], change: rows.Change) -> None:
    """A Guaranteed pod, or its container, is resized and resized back, with the restarts of the resizePolicy only.

    Preconditions:
        - A running Guaranteed pod of a container and a sidecar, each with 50m and 32Mi, or with nothing of their own.
        - The pod has 160m and 128Mi, or nothing of its own.
    Steps:
        1. Patch requests and limits of the pod (CPU to 200m, memory to 160Mi or 96Mi), or of the container.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees: spec.resources and status.allocatedResources of the pod, the same of
          its containers, and the cgroups. The pod's has the pod's values, or else the sums over its containers.
        - A container without a limit has the pod's, and is restarted when that changes if its policy for that resource
          says so. Nothing else is restarted by a change of the pod's values.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start(pods, {CONTAINER: change.before}, change.pod_before, policy=policy, sidecar=change.before)

    there_and_back(pod, _of(change, CONTAINER), pod_level=change.pod_after)


@pytest.mark.parametrize(("policy", "change"), rows.guaranteed_with_sidecar())
def test_guaranteed_with_its_sidecar(pods: Pods, policy: Mapping[str, str], change: rows.Change) -> None:
    """Container and sidecar of a Guaranteed pod are resized and resized back at once.

    Preconditions:
        - A running Guaranteed pod of a container and a sidecar, each with 50m and 32Mi, without pod-level values.
    Steps:
        1. Patch both in one request: CPU to 80m, memory to 48Mi or 24Mi, or both.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees; status.allocatedResources of the pod is the sum.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start(pods, {CONTAINER: change.before}, None, policy=policy, sidecar=change.before)

    there_and_back(pod, _of(change, CONTAINER, SIDECAR))


@pytest.mark.parametrize(("policy", "change"), rows.burstable())
def test_burstable(pods: Pods, policy: Mapping[str, str], change: rows.Change) -> None:
    """A Burstable pod's values, or its container's, are resized and resized back, with the restarts of its policy only.

    Preconditions:
        - A running Burstable pod whose container has 50m of 100m and 32Mi of 48Mi.
        - The pod has 100m of 200m and 64Mi of 96Mi, or nothing of its own.
    Steps:
        1. Patch the pod's requests or limits, or the container's, of CPU, of memory, or of both.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees. A change of the pod's values restarts nothing, as the container has
          its own.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start(pods, {CONTAINER: change.before}, change.pod_before, policy=policy)

    there_and_back(pod, _of(change, CONTAINER), pod_level=change.pod_after)


def _of(change: rows.Change, *names: str) -> dict[str, Resources]:
    """The containers' part of a change; nothing where only the pod's values change."""
    return {} if change.before == change.after else dict.fromkeys(names, change.after)
