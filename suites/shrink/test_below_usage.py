"""A memory limit below what the workload uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import (
    NEXT_SYNC_DEADLINE_S,
    assert_shrink_explained,
    assert_shrink_held_back,
    until_taken_up,
)
from resize.manifests import FREE, HOLD_SCRIPT, STRESS_BYTES_IN_USE
from resize.oom import until_memory_used
from resize.resources import Resources
from resize.waking import status_after_a_sync

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods
    from resize.kubectl import Kubectl
    from resize.pod import ResizablePod


@pytest.mark.slow
@pytest.mark.lowers_memory_limit
@pytest.mark.conformance
@pytest.mark.rule("memory_shrink.below_usage", "memory_shrink.event", "memory_shrink.event_message")
def test_limit_below_usage_is_not_applied(steady_pod: ResizablePod) -> None:
    """A memory limit below the usage is taken by the API but not applied; the pod goes on running.

    Preconditions:
        - A running Guaranteed pod with 150M whose workload holds 128M.
    Steps:
        1. Patch requests and limits of memory to 100M.
    Expected:
        - The pod tells in the version's way that the resize is not done: status.resize InProgress, or the condition
          PodResizeInProgress with the reason Error and an event ResizeError that name the usage.
        - The cgroups keep 149999616 bytes, the container is neither killed nor restarted.

    https://github.com/kubernetes/kubernetes/issues/124786
    """
    steady_pod.resize(Resources.guaranteed(cpu="100m", memory="100M"))

    assert_shrink_held_back(steady_pod)


@pytest.mark.slow
@pytest.mark.lowers_memory_limit
@pytest.mark.conformance
@pytest.mark.known_issue("KI-SHRINK-STAYS-IN-PROGRESS")
@pytest.mark.rule("memory_shrink.below_usage", "memory_shrink.message")
def test_the_reason_is_told(steady_pod: ResizablePod) -> None:
    """Who looks at the pod learns why a memory limit below the usage is not applied.

    Preconditions:
        - A running Guaranteed pod with 150M whose workload holds 128M.
    Steps:
        1. Patch requests and limits of memory to 100M.
    Expected:
        - Within a minute and a half the pod's status says that the limit is below the current usage.

    https://github.com/kubernetes/kubernetes/issues/124786
    """
    steady_pod.resize(Resources.guaranteed(cpu="100m", memory="100M"))

    assert_shrink_explained(steady_pod)


@pytest.mark.lowers_memory_limit
@pytest.mark.conformance
@pytest.mark.known_issue("KI-SHRINK-STATUS-MIXED")
@pytest.mark.rule("memory_shrink.below_usage", "status.actual_resources")
def test_status_shows_what_is_enforced(steady_pod: ResizablePod) -> None:
    """While a shrink is held back, status.resources shows what the node enforces, and not a mixture of old and new.

    Preconditions:
        - A running Guaranteed pod with 150M whose workload holds 128M.
        - Its memory was patched to 100M, which is held back.
    Steps:
        1. Bring about a sync of the pod by changing an annotation, and read its status.
    Expected:
        - status.resources has 150M as the request and as the limit.

    https://github.com/kubernetes/kubernetes/issues/124786
    """
    steady_pod.resize(Resources.guaranteed(cpu="100m", memory="100M"))
    until_taken_up(steady_pod)

    shown = status_after_a_sync(steady_pod)

    assert shown == steady_pod.actual["stress"], "; ".join(shown.differences(steady_pod.actual["stress"]))


@pytest.mark.slow
@pytest.mark.lowers_memory_limit
@pytest.mark.conformance
@pytest.mark.rule("memory_shrink.below_usage")
def test_completes_once_the_memory_is_free(pods: Pods, kubectl: Kubectl, case: CaseRecord) -> None:
    """A shrink that waits for the workload is completed by the node itself once the memory is free.

    Preconditions:
        - A running Guaranteed pod with 150M whose workload holds 128M and gives it back when told to.
        - Its memory limit was patched to 100M, which is held back.
    Steps:
        1. Tell the workload to free its memory.
    Expected:
        - Without a new request the whole chain agrees on 100M, which is 99999744 bytes, without a restart.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#memory-limit-decreases
    """
    pod = pods.start("holder", Resources.guaranteed(cpu="100m", memory="150M"), script=HOLD_SCRIPT)
    until_memory_used(pod, above_bytes=STRESS_BYTES_IN_USE)
    submitted = pod.resize(Resources.guaranteed(cpu="100m", memory="100M"))
    until_taken_up(pod)

    freed = kubectl.exec("holder", FREE)
    assert freed.returncode == 0, freed.stderr
    freed_s = submitted.recorder.elapsed_s

    chain = pod.settle(deadline_s=NEXT_SYNC_DEADLINE_S)
    case.measure("shrink done after the memory was freed", chain.at_s - freed_s, "s")
