"""The size of an emptyDir in memory goes up and down with a resize (KEP-6030)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import NEXT_SYNC_DEADLINE_S, until_state
from resize.resources import Resources
from resize.volumes import GATE, MOUNTED_AT, resize_volume, size_mib, until_size
from suites.volumes.pods import BEFORE, start

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.kubectl import Kubectl

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.cpu_milli(300),
    pytest.mark.variant("memory-volumes"),
    pytest.mark.min_kube_version("1.37"),
    pytest.mark.feature_gate(GATE),
]


@pytest.mark.cgroup("v2")
@pytest.mark.rule("memory_volumes.resizable")
@pytest.mark.parametrize(
    "after",
    [
        pytest.param(BEFORE, id="volume", marks=pytest.mark.upstream("volume/resize")),
        pytest.param(
            Resources.guaranteed(cpu="150m", memory="250Mi"),
            id="volume_and_container",
            marks=pytest.mark.upstream("volume/with-container-resize"),
        ),
    ],
)
def test_there_and_back(pods: Pods, kubectl: Kubectl, after: Resources) -> None:
    """A volume in memory grows and shrinks by a resize, by itself or with its container, without a restart.

    Preconditions:
        - A running Guaranteed pod with 100m and 200Mi and a volume in memory of 64Mi.
    Steps:
        1. Patch the volume's sizeLimit to 128Mi where the version takes resizes, in the second row with 150m and 250Mi
           for the container in the same request.
        2. Patch everything back.
    Expected:
        - After each step the container's mounts show the volume's new size, and the whole chain agrees.
        - No restart.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/6030-in-place-resize-memory-backed-volumes
    """
    pod = start(pods, "64Mi")
    until_size(kubectl, pod, 64)

    resize_volume(pod, "128Mi", after)
    pod.settle()
    until_size(kubectl, pod, 128)

    resize_volume(pod, "64Mi", BEFORE)
    pod.settle()
    until_size(kubectl, pod, 64)


@pytest.mark.slow
@pytest.mark.cgroup("v2")
@pytest.mark.rule("memory_volumes.below_usage_message")
@pytest.mark.upstream("volume/shrink-below-usage")
def test_below_what_it_holds(pods: Pods, kubectl: Kubectl) -> None:
    """A volume in memory is not made smaller than what it holds, and the pod says so.

    Preconditions:
        - A running Guaranteed pod with 100m and 200Mi and a volume in memory of 128Mi that holds a file of 100Mi.
    Steps:
        1. Patch the volume's sizeLimit to 50Mi.
    Expected:
        - The condition PodResizeInProgress says Error, with a message.
        - The volume still has 128Mi, and the container was not restarted.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/6030-in-place-resize-memory-backed-volumes
    """
    pod = start(pods, "128Mi")
    written = kubectl.exec("volume", ("dd", "if=/dev/zero", f"of={MOUNTED_AT}/file", "bs=1M", "count=100"))
    assert written.returncode == 0, written.stderr

    resize_volume(pod, "50Mi", BEFORE)

    until_state(pod, "Error", message=pod.behaviour.memory_volumes.below_usage_message, deadline_s=NEXT_SYNC_DEADLINE_S)
    pod.unchanged(settled=False)
    assert size_mib(kubectl, pod) == 128


@pytest.mark.cgroup("v1")
@pytest.mark.rule("memory_volumes.cgroup_v1_message")
def test_on_cgroup_v1(pods: Pods, kubectl: Kubectl) -> None:
    """On cgroup v1 a resize of a volume in memory is Infeasible.

    Upstream's cases fail on such nodes. A user whose nodes have cgroup v1 should read why.

    Preconditions:
        - A node with cgroup v1.
        - A running Guaranteed pod with 100m and 200Mi and a volume in memory of 64Mi.
    Steps:
        1. Patch the volume's sizeLimit to 128Mi.
    Expected:
        - The condition PodResizePending says Infeasible and names cgroup v1.
        - The volume still has 64Mi, and nothing else changes.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/6030-in-place-resize-memory-backed-volumes
    """
    pod = start(pods, "64Mi")

    resize_volume(pod, "128Mi", BEFORE)

    until_state(pod, "Infeasible", message=pod.behaviour.memory_volumes.cgroup_v1_message)
    pod.unchanged(settled=False)
    assert size_mib(kubectl, pod) == 64
