"""A memory limit that is lowered in a pod of several containers, or before the kubelet knows what is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize import manifests
from resize.answers import NEXT_SYNC_DEADLINE_S, assert_own_usage_told, assert_shrink_held_back
from resize.oom import until_memory_used
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods

FAT = Resources.guaranteed(cpu="100m", memory="150M")


@pytest.mark.rule("memory_shrink.checks", "memory_shrink.below_usage")
@pytest.mark.min_kube_version("1.34")
@pytest.mark.slow
@pytest.mark.conformance
def test_one_container_below_its_own_usage(pods: Pods) -> None:
    """A shrink of one container below its own usage is held back, though its pod would have room enough.

    Why: the container would be OOM-killed; the sum over the pod, which older kubelets looked at alone, says nothing
    of it.

    Preconditions:
        - A Guaranteed pod of two containers with 150M each, one of which holds 128M.
    Steps:
        1. Patch the memory of that one to 100M.
    Expected:
        - The pod tells that the limit is below the usage; neither container's cgroup changes, nor is one restarted.

    https://github.com/kubernetes/kubernetes/issues/129152
    """
    fat = manifests.container("fat", pods.image, FAT, script=manifests.HOLD_SCRIPT)
    idle = manifests.container("idle", pods.image, FAT, script=manifests.IDLE_SCRIPT)
    pod = pods.start_all("parts", {"fat": fat, "idle": idle})
    until_memory_used(pod, above_bytes=manifests.STRESS_BYTES_IN_USE)

    pod.resize({"fat": Resources.guaranteed(cpu="100m", memory="100M")})

    assert_shrink_held_back(pod)


@pytest.mark.rule("memory_shrink.usage_told")
@pytest.mark.min_kube_version("1.34")
@pytest.mark.known_issue("KI-USAGE-OF-THE-POD-TOLD")
@pytest.mark.slow
@pytest.mark.conformance
def test_the_usage_told_is_the_containers_own(pods: Pods) -> None:
    """The message about a container whose limit is below its usage names that container's usage.

    Why: who reads it looks for a limit that would do, and autoscalers parse it. The usage of the whole pod says nothing
    about one of its containers.

    Preconditions:
        - A Guaranteed pod of two containers with 150M each, both of which hold 128M.
    Steps:
        1. Patch the memory of one to 100M.
    Expected:
        - The pod's status says that the limit of this container is below its current usage, which is at most the 150M
          that it is limited to.

    https://github.com/kubernetes/kubernetes/pull/141100
    """
    fat = manifests.container("fat", pods.image, FAT, script=manifests.HOLD_SCRIPT)
    other = manifests.container("other", pods.image, FAT, script=manifests.HOLD_SCRIPT)
    pod = pods.start_all("parts", {"fat": fat, "other": other})
    until_memory_used(pod, above_bytes=2 * manifests.STRESS_BYTES_IN_USE)

    pod.resize({"fat": Resources.guaranteed(cpu="100m", memory="100M")})

    assert_own_usage_told(pod, "fat")


@pytest.mark.rule("actuation.in_place", "memory_shrink.heals_without_statistics")
@pytest.mark.min_kube_version("1.34")
@pytest.mark.slow
@pytest.mark.conformance
def test_right_after_the_start(pods: Pods, case: CaseRecord) -> None:
    """A memory limit that is lowered right after the pod's start is lowered in the end, whatever is said first.

    Why: the kubelet compares it with statistics that it has not gathered yet. Autoscalers took its error for final, and
    evicted the pod; and a kubelet that looked for figures of the pod that were not there panicked (#141100).

    Preconditions:
        - A Burstable pod of two containers, one with a memory limit of 128Mi, one without, that has just started.
    Steps:
        1. Patch the limit of the first to 96Mi at once.
    Expected:
        - Within a sync of the pod every layer agrees on it, without a restart; errors that are told before are taken
          back. The kubelet goes on running.

    https://github.com/kubernetes/autoscaler/issues/10093
    """
    limited = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="32Mi", memory_limit="128Mi")
    free = Resources.of(cpu_request="50m", memory_request="32Mi")
    pod = pods.start_all(
        "fresh",
        {
            "limited": manifests.container("limited", pods.image, limited, script=manifests.IDLE_SCRIPT),
            "free": manifests.container("free", pods.image, free, script=manifests.IDLE_SCRIPT),
        },
    )

    pod.resize({"limited": limited.with_changes(memory_limit_bytes=96 * 2**20)})

    chain = pod.settle(deadline_s=NEXT_SYNC_DEADLINE_S)
    errors = [event for event in pod.observer.events if event["reason"] == "ResizeError"]
    case.measure("errors told before", len(errors), "")
    case.measure("lowered after", chain.at_s, "s")
