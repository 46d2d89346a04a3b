"""KEP-1287's use case "development environment": memory that is needed only while something is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.manifests import BURST, IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.kubectl import Kubectl

DAILY = Resources.guaranteed(cpu="200m", memory="64Mi")


@pytest.mark.conformance
def test_build_without_more_memory_is_killed(pods: Pods, kubectl: Kubectl) -> None:
    """A build that needs more memory than the pod has is OOM-killed: what the next case is measured against.

    Preconditions:
        - A running Guaranteed pod with 64Mi.
    Steps:
        1. Run a build in it that takes 128M.
    Expected:
        - The build does not finish.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#motivation
    """
    pods.start("desk", DAILY, script=IDLE_SCRIPT)

    build = kubectl.exec("desk", BURST)

    assert build.returncode != 0, f"a build of 128M ran in 64Mi: {build.stdout}"


@pytest.mark.conformance
def test_memory_raised_before_a_build(pods: Pods, kubectl: Kubectl) -> None:
    """Memory that is raised just before a build saves it from the OOM killer.

    Preconditions:
        - A running Guaranteed pod with 64Mi.
    Steps:
        1. Resize memory to 200Mi.
        2. Run a build in it that takes 128M.
        3. Resize memory back to 64Mi.
    Expected:
        - The build finishes, nothing was OOM-killed, the container is the same all the time.
        - Both resizes are done on every layer.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#motivation
    """
    pod = pods.start("desk", DAILY, script=IDLE_SCRIPT)
    pod.resize(DAILY.with_memory("200Mi"))
    pod.settle()

    build = kubectl.exec("desk", BURST)
    assert build.returncode == 0, build.stderr
    assert pod.cgroup.oom_kills("container") == 0

    pod.resize(DAILY)
    pod.settle()
