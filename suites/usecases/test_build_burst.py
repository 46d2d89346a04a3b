"""KEP-1287's use case "development environment": memory that is needed only while something is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import resize_and_settle
from resize.manifests import BURST, CONTAINER, IDLE_SCRIPT
from resize.oom import until_memory_free
from resize.oom_counts import restarts_by_first_kill
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods
    from resize.kubectl import Kubectl

#: The exit code of a process that SIGKILL ended.
KILLED = 128 + 9
DAILY = Resources.guaranteed(cpu="200m", memory="64Mi")


@pytest.mark.conformance
@pytest.mark.rule("cgroups.limits_hold")
def test_build_without_more_memory_is_killed(pods: Pods, kubectl: Kubectl, case: CaseRecord) -> None:
    """A build that needs more memory than the pod has is OOM-killed: what the next case is measured against.

    Preconditions:
        - A running Guaranteed pod with 64Mi.
    Steps:
        1. Run a build in it that takes 128M.
    Expected:
        - The build does not finish: the kernel ends it with SIGKILL.
        - On cgroup v2, from 1.28 on, the whole container is ended with it and restarted; on v1 it goes on without it.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#motivation
    """
    pod = pods.start("desk", DAILY, script=IDLE_SCRIPT)

    build = kubectl.exec("desk", BURST)

    assert build.returncode == KILLED, f"a build of 128M in 64Mi ended with {build.returncode}: {build.stderr}"
    case.measure("restarts by the OOM kill", restarts_by_first_kill(pod), "")


@pytest.mark.conformance
@pytest.mark.rule("actuation.in_place", "cgroups.limits_hold", "memory_shrink.limit_decrease")
def test_memory_raised_before_a_build(pods: Pods, kubectl: Kubectl) -> None:
    """Memory that is raised just before a build saves it from the OOM killer.

    Preconditions:
        - A running Guaranteed pod with 64Mi.
    Steps:
        1. Resize memory to 200Mi.
        2. Run a build in it that takes 128M.
        3. Once the kubelet counts less than 64Mi, too, resize memory back to 64Mi.
    Expected:
        - The build finishes, nothing was OOM-killed, the container is the same all the time.
        - Both resizes are done on every layer; 1.33 refuses the second, in its words.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#motivation
    """
    pod = pods.start("desk", DAILY, script=IDLE_SCRIPT)
    pod.resize(DAILY.with_memory("200Mi"))
    pod.settle()

    build = kubectl.exec("desk", BURST)
    assert build.returncode == 0, build.stderr
    assert pod.cgroup.oom_kills("container") == 0

    until_memory_free(pod, below_bytes=64 * 2**20)
    resize_and_settle(pod, {CONTAINER: DAILY})
