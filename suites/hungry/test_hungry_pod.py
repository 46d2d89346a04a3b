"""A pod that is OOM-killed over and over, and the resize that should save it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.manifests import HUNGRY_STRESS
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
    pod = pods.start("hungry", Resources.of(memory_request="100M", memory_limit="100M"), args=HUNGRY_STRESS, wait=False)
    until_oom_killed(pod)

    pod.resize(Resources.of(memory_request="200M", memory_limit="200M"))

    assert_rescued(pod)
