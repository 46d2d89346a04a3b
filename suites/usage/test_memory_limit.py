"""The kernel holds the workload's memory to the limit that it was resized to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import resize_and_settle
from resize.manifests import BURST, IDLE_SCRIPT
from resize.oom import until_memory_free
from resize.oom_counts import restarts_by_first_kill
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods
    from resize.kubectl import Kubectl


@pytest.mark.rule("cgroups.limits_hold")
@pytest.mark.cgroup("v2")
@pytest.mark.min_kube_version("1.34")
@pytest.mark.conformance
def test_oom_kill_at_the_lowered_limit(pods: Pods, kubectl: Kubectl, case: CaseRecord) -> None:
    """What fitted before a shrink is OOM-killed after it: the lowered limit is the one that counts.

    Why: a limit that is lowered in the objects alone leaves the memory with the workload, and the node overcommitted.

    Preconditions:
        - A running Guaranteed pod with 200Mi.
    Steps:
        1. Run a program in it that takes 128M.
        2. Once the kubelet counts little again, resize memory to 64Mi, and run the program again.
    Expected:
        - The first run finishes. The second is ended by the OOM killer, and with it the container, whose status says
          OOMKilled and which is restarted once.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#memory-limit-decreases
    """
    pod = pods.start("desk", Resources.guaranteed(cpu="200m", memory="200Mi"), script=IDLE_SCRIPT)
    first = kubectl.exec("desk", BURST)
    assert first.returncode == 0, first.stderr
    until_memory_free(pod, below_bytes=64 * 2**20)

    resize_and_settle(pod, {"stress": Resources.guaranteed(cpu="200m", memory="64Mi")})
    second = kubectl.exec("desk", BURST)

    assert second.returncode != 0, "128M were taken with a limit of 64Mi"
    case.measure("restarts by the OOM kill", restarts_by_first_kill(pod), "")
