"""Containers that are started anew while their pod is being resized: with which resources, and in which cgroup."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_deferred
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources
from resize.startover import assert_started_with_allocated, rename_image

if TYPE_CHECKING:
    from fixtures.live import LiveCluster
    from fixtures.pods import Pods
    from fixtures.room import Room
    from resize.kubectl import Kubectl
    from resize.pod import ResizablePod


@pytest.mark.rule("actuation.hungry_pod_rescued", "actuation.in_place")
@pytest.mark.variant("alone")
@pytest.mark.serial
@pytest.mark.disruptive
@pytest.mark.conformance
@pytest.mark.known_issue("KI-IMAGE-BESIDE-A-RESIZE")
def test_image_is_changed_beside_a_resize(cluster: LiveCluster, idle_pod: ResizablePod) -> None:
    """A resize reaches the pod's cgroup, too, where its container is replaced by one of another image at the same time.

    Why: a rollout by patch changes both. Where the container is started anew before its resize is applied, older
    kubelets left the pod's cgroup as it was.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Stop the kubelet, so that it will see both at once.
        2. Patch CPU and memory to 200m and 96Mi, and the image to another name of the same one.
        3. Start the kubelet.
    Expected:
        - The container is restarted once, with the new image; every layer agrees on 200m and 96Mi.

    https://github.com/kubernetes/kubernetes/issues/127356
    """
    with cluster.without("kubelet"):
        idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi"))
        rename_image(idle_pod)

    idle_pod.settle(restarts={"stress": 1})


@pytest.mark.rule("actuation.restarts_with_allocated")
@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.known_issue("KI-RESTART-TAKES-SPEC")
def test_container_that_ends_while_its_resize_is_deferred(pods: Pods, room: Room, kubectl: Kubectl) -> None:
    """A container that ends while its resize is Deferred is started anew with what is allocated, not what is asked for.

    Why: else a crash is a way around the node's capacity, and takes CPU and memory from the pods beside it.

    Preconditions:
        - A pod with 60 percent of the node's CPU, and one with 100m whose resize to 60 percent is Deferred.
    Steps:
        1. End the second pod's container from within, by SIGTERM to its first process.
    Expected:
        - It is restarted once; its cgroup and its pod's have the limits of 100m, and the resize is Deferred still.

    https://github.com/kubernetes/kubernetes/issues/126033
    """
    pods.start("blocker", Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"), script=IDLE_SCRIPT)
    pod = pods.start("waiting", Resources.guaranteed(cpu="100m", memory="64Mi"), script=IDLE_SCRIPT)
    pod.resize(Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"))
    assert_deferred(pod)

    kubectl.exec(pod.name, ("kill", "1"))

    assert_started_with_allocated(pod)
