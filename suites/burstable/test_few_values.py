"""Burstable pods that have but some of the four values, or values too small for the kernel to tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import there_and_back
from resize.manifests import CONTAINER, IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods

#: Where such a resize gets stuck it does so for ever; it need not be waited for as long as for the alpha's status.
DEADLINE_S = 30.0


@pytest.mark.conformance
@pytest.mark.cpu_milli(100)
@pytest.mark.rule("actuation.needs_all_limits")
@pytest.mark.upstream("alpha/requests-only/decrease-memory")
def test_memory_request_without_limits(pods: Pods) -> None:
    """The memory request of a container that has no limits is lowered and raised again.

    Preconditions:
        - A running Burstable pod that requests 50m and 64Mi and has no limits.
    Steps:
        1. Patch the memory request to 48Mi.
        2. Patch it back.
    Expected:
        - After each step the whole chain agrees, there is still no memory limit, and no restart.

    https://github.com/kubernetes/kubernetes/issues/125559
    """
    before = Resources.of(cpu_request="50m", memory_request="64Mi")
    pod = pods.start("requests", before, script=IDLE_SCRIPT)

    there_and_back(pod, {CONTAINER: Resources.of(cpu_request="50m", memory_request="48Mi")})


@pytest.mark.conformance
@pytest.mark.slow
@pytest.mark.cpu_milli(100)
@pytest.mark.rule("actuation.in_place")
@pytest.mark.known_issue("KI-BELOW-THE-MINIMUM")
@pytest.mark.upstream("single/equivalents", "alpha/burstable/equivalents")
def test_equivalents(pods: Pods) -> None:
    """A resize between values that are the same to the kernel is done, and the status shows the new ones.

    Preconditions:
        - A running Burstable pod with a CPU request of 2m and a limit of 10m, which is the least of shares and of quota
          that the kubelet sets.
    Steps:
        1. Patch the request to 1m and the limit to 5m.
        2. Patch them back.
    Expected:
        - After each step spec, allocatedResources and status.resources show the new values; the cgroups keep the
          minimum: 2 shares, or weight 1, and a quota of 1000 of 100000.
        - No restart.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#notes
    """
    pod = pods.start("tiny", Resources.of(cpu_request="2m", cpu_limit="10m"), script=IDLE_SCRIPT)

    there_and_back(pod, {CONTAINER: Resources.of(cpu_request="1m", cpu_limit="5m")}, deadline_s=DEADLINE_S)
