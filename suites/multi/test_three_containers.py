"""Three containers whose values go up and down in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import there_and_back
from resize.manifests import IDLE_SCRIPT, container
from suites.multi import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.pods import Pods
    from resize.resources import Resources


@pytest.mark.conformance
@pytest.mark.cpu_milli(300)
@pytest.mark.rule("actuation.in_place", "memory_shrink.limit_decrease")
@pytest.mark.parametrize("after", rows.guaranteed())
def test_guaranteed(pods: Pods, after: Mapping[str, Resources]) -> None:
    """Three containers of a Guaranteed pod are resized in one request, up and down, and resized back.

    Preconditions:
        - A running Guaranteed pod of three containers without resizePolicy: 60m/80Mi, 80m/88Mi and 100m/96Mi.
    Steps:
        1. Patch requests and limits of all three: some up, some down, so that the pod as a whole grows or shrinks.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees, for each container and for their sum in the pod's cgroup, and no
          container was restarted.
        - 1.33 refuses to lower a memory limit without a restart, in its words, and nothing changes then.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#design-details
    """
    containers = {
        name: container(name, pods.image, resources, script=IDLE_SCRIPT) for name, resources in rows.GUARANTEED.items()
    }
    pod = pods.start_all("three", containers)

    there_and_back(pod, after)


@pytest.mark.conformance
@pytest.mark.cpu_milli(300)
@pytest.mark.rule("actuation.restarts_by_policy", "memory_shrink.limit_decrease")
@pytest.mark.parametrize(("policies", "after"), rows.burstable())
def test_burstable(pods: Pods, policies: Mapping[str, Mapping[str, str]], after: Mapping[str, Resources]) -> None:
    """Of a Burstable pod's three containers two are resized in one request, each with the restarts of its own policy.

    Preconditions:
        - A running Burstable pod of three containers: 40m of 100m and 64Mi of 96Mi, a bit more in the second and the
          third, with resizePolicies that differ.
    Steps:
        1. Patch two of them, one up and one down, so that the pod as a whole grows, shrinks or stays as it is.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees, for each container and for their sum in the pod's cgroup.
        - A container was restarted once if a resource of its own changed that has the policy RestartContainer; else it
          was not, nor was the container that nothing was asked for.
        - 1.33 refuses to lower a memory limit without a restart, in its words, and nothing changes then.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#container-resize-policy
    """
    containers = {
        name: container(name, pods.image, resources, script=IDLE_SCRIPT, resize_policy=policies[name])
        for name, resources in rows.BURSTABLE.items()
    }
    pod = pods.start_all("three", containers)

    there_and_back(pod, after)
