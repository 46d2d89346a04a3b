"""A pod that is OOM-killed over and over, and the resize that should save it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize import manifests
from resize.oom import assert_rescued, until_oom_killed
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods


@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.known_issue("KI-POD-CGROUP-NOT-RAISED")
@pytest.mark.rule("actuation.hungry_pod_rescued")
def test_more_memory_rescues_an_oom_killed_pod(pods: Pods) -> None:
    """A pod that is OOM-killed whenever it starts is rescued by more memory.

    Preconditions:
        - A Burstable pod with 100M whose workload takes 128M, and which was OOM-killed at least once.
    Steps:
        1. While it waits to be restarted, patch request and limit of memory to 200M.
    Expected:
        - The container starts with 200M and goes on running, and the pod's cgroup allows it 200M too.

    https://github.com/kubernetes/kubernetes/issues/138760
    """
    pod = pods.start(
        "hungry", Resources.of(memory_request="100M", memory_limit="100M"), args=manifests.HUNGRY_STRESS, wait=False
    )
    until_oom_killed(pod)

    pod.resize(Resources.of(memory_request="200M", memory_limit="200M"))

    assert_rescued(pod)


@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.known_issue("KI-POD-CGROUP-NOT-RAISED")
@pytest.mark.rule("actuation.hungry_pod_rescued")
def test_more_memory_rescues_a_guaranteed_pod_beside_a_sibling(pods: Pods) -> None:
    """A container that is OOM-killed whenever it starts is rescued by more memory, and its sibling never notices.

    Why: status and the container's own cgroup show the new limit where the pod's cgroup keeps the old sum; whoever
    looks at them sees a resize that is done, and a pod that goes on dying.

    Preconditions:
        - A Guaranteed pod of two containers: one with 100M whose workload takes 128M, and an idle one with 64M.
    Steps:
        1. While the first waits to be restarted, patch its memory to 200M.
    Expected:
        - It starts with 200M and holds 128M; the pod's cgroup allows 264M.
        - The other is the same container all the time, with the same limits.

    https://github.com/kubernetes/kubernetes/issues/138760
    """
    eater = manifests.container(
        "stress", pods.image, Resources.guaranteed(cpu="100m", memory="100M"), script=manifests.HOLD_SCRIPT
    )
    idle = manifests.container(
        "idle", pods.image, Resources.guaranteed(cpu="100m", memory="64M"), script=manifests.IDLE_SCRIPT
    )
    pod = pods.start_all("hungry", {"stress": eater, "idle": idle}, wait=False)
    until_oom_killed(pod, "stress")

    pod.resize({"stress": Resources.guaranteed(cpu="100m", memory="200M")})

    assert_rescued(pod, "stress")
