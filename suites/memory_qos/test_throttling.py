"""What memory.high is for: a workload that takes more is held back before it meets its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.manifests import IDLE_SCRIPT
from resize.memory_qos import assert_throttled
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods
    from resize.kubectl import Kubectl


@pytest.mark.conformance
@pytest.mark.variant("memory-qos")
@pytest.mark.cgroup("v2")
@pytest.mark.rule("memory_qos.throttles", "memory_qos.container_follows")
def test_throttled_at_the_new_value(pods: Pods, kubectl: Kubectl, case: CaseRecord) -> None:
    """With MemoryQoS a workload is throttled above memory.high, and after a resize up it no longer is.

    Why: the file is only as good as what the kernel makes of it.

    Preconditions:
        - A cluster with the gate MemoryQoS and memoryThrottlingFactor 0.9.
        - A running pod of one container, 32Mi of 256Mi, so that memory.high is 233.6Mi.
    Steps:
        1. Take 244Mi for a moment in the container.
        2. Patch memory to 64Mi of 384Mi, so that memory.high is 352Mi.
        3. Take 244Mi for a moment again.
    Expected:
        - In 1 the program gets its memory, and memory.events counts under "high" that it was held back.
        - In 3 it gets it too, and nothing more is counted.
        - The resize is done on every layer, in the same container.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/2570-memory-qos
    """
    before = Resources.of(cpu_request="100m", cpu_limit="300m", memory_request="32Mi", memory_limit="256Mi")
    pod = pods.start("throttled", before, script=IDLE_SCRIPT)
    assert_throttled(pod, kubectl, case, burst_mi=244, when="before the resize", throttled=True)

    pod.resize(Resources.of(cpu_request="100m", cpu_limit="300m", memory_request="64Mi", memory_limit="384Mi"))
    pod.settle()
    assert_throttled(pod, kubectl, case, burst_mi=244, when="after the resize", throttled=False)
