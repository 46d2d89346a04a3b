"""What a container is told of its own resources, and what it can see by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize import inside
from resize.inside import limits_of
from resize.manifests import CONTAINER, IDLE_SCRIPT, container
from resize.policies import POLICIES
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.kubectl import Kubectl

SMALL, LARGE = Resources.guaranteed(cpu="100m", memory="64Mi"), Resources.guaranteed(cpu="200m", memory="96Mi")


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("actuation.in_place")
def test_environment_stays(pods: Pods, kubectl: Kubectl) -> None:
    """Environment variables that hold limits are those of the container's start, whatever it is resized to.

    Runtimes that size themselves by such a variable (GOMEMLIMIT, a heap size) don't notice a resize.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, and variables CPU_LIMIT and MEMORY_LIMIT from resourceFieldRef.
    Steps:
        1. Patch it to 200m and 96Mi.
    Expected:
        - The resize is done on every layer; the process still has the variables of 100m and 64Mi.

    https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
    """
    told = inside.with_variables(container(CONTAINER, pods.image, SMALL, script=IDLE_SCRIPT))
    pod = pods.start_all("told", {CONTAINER: told})
    assert inside.variables(kubectl, pod) == limits_of(SMALL)

    pod.resize(LARGE)

    pod.settle()
    assert inside.variables(kubectl, pod) == limits_of(SMALL)


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("actuation.in_place")
def test_environment_after_a_restart(pods: Pods, kubectl: Kubectl) -> None:
    """Environment variables that hold limits are new where the container's policy is to be restarted.

    The way to go for workloads that size themselves once, at their start.

    Preconditions:
        - The same pod, whose resizePolicy for memory is RestartContainer.
    Steps:
        1. Patch it to 200m and 96Mi.
    Expected:
        - The resize is done on every layer after one restart; the new process has variables of 200m and 96Mi.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#container-resize-policy
    """
    told = inside.with_variables(
        container(CONTAINER, pods.image, SMALL, script=IDLE_SCRIPT, resize_policy=POLICIES["mem-restart"])
    )
    pod = pods.start_all("told", {CONTAINER: told})

    pod.resize(LARGE)

    pod.settle(restarts={CONTAINER: 1})
    assert inside.variables(kubectl, pod) == limits_of(LARGE)


@pytest.mark.slow
@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("lifecycle.volume_follows")
def test_volume(pods: Pods, kubectl: Kubectl) -> None:
    """Files of a downward API volume that hold limits follow a resize with the pod's next syncs.

    Unlike variables they are the documented way to learn of changes.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, and a downward API volume with its limits.
    Steps:
        1. Patch it to 200m and 96Mi.
    Expected:
        - The resize is done on every layer, and within two minutes the files have 200m and 96Mi.

    https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
    """
    shown = inside.with_files(container(CONTAINER, pods.image, SMALL, script=IDLE_SCRIPT))
    pod = pods.start_all("shown", {CONTAINER: shown}, more_spec={"volumes": [inside.volume(CONTAINER)]})
    assert inside.files(kubectl, pod) == limits_of(SMALL)

    pod.resize(LARGE)

    pod.settle()
    inside.assert_files_follow(kubectl, pod)


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("actuation.in_place")
def test_own_cgroup(pods: Pods, kubectl: Kubectl) -> None:
    """A container that reads its own cgroup sees the new limits.

    What runtimes do that follow a resize (Go 1.25, the JVM at its start); in a sandboxed runtime it may be stale
    (gvisor#14409).

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch it to 200m and 96Mi.
        2. Read the limits under /sys/fs/cgroup in the container.
    Expected:
        - The resize is done on every layer; the container reads 200m and 96Mi.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources
    """
    pod = pods.start("looking", SMALL, script=IDLE_SCRIPT)

    pod.resize(LARGE)

    pod.settle()
    assert inside.own_limits(kubectl, pod) == limits_of(LARGE)
