"""What the kernel counts of OOM kills, before and after the resize that ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.manifests import BURST, IDLE_SCRIPT
from resize.oom_counts import counted_after_first_kill, counted_oom_kills
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods
    from resize.kubectl import Kubectl


@pytest.mark.conformance
@pytest.mark.cgroup("v2")
@pytest.mark.rule("cgroups.oom_kills_group", "cgroups.limits_hold")
def test_counted_until_memory_is_raised(pods: Pods, kubectl: Kubectl, case: CaseRecord) -> None:
    """memory.events of the pod counts an OOM kill, and counts no other once the memory is raised.

    Preconditions:
        - A running Guaranteed pod with 64Mi.
    Steps:
        1. Run a program in it that takes 128M.
        2. Resize memory to 200Mi, and run the program again.
    Expected:
        - After 1 oom_kill of the pod's memory.events is at least 1. From 1.28 on memory.oom.group is set: the whole
          container was ended, once, by oom_group_kill, its status says OOMKilled, and it was restarted. Its new cgroup
          has counted nothing.
        - The second run finishes, and no counter has changed.

    https://github.com/kubernetes/kubernetes/pull/117793
    """
    daily = Resources.guaranteed(cpu="200m", memory="64Mi")
    pod = pods.start("desk", daily, script=IDLE_SCRIPT)
    first = kubectl.exec("desk", BURST)
    assert first.returncode != 0, first.stderr
    before = counted_after_first_kill(pod)
    case.measure("oom_kill of the pod", before.pod, "processes")

    pod.resize(daily.with_memory("200Mi"))
    pod.settle()
    second = kubectl.exec("desk", BURST)

    assert second.returncode == 0, second.stderr
    assert counted_oom_kills(pod) == before
