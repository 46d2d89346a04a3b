"""A HorizontalPodAutoscaler beside resizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize import workloads
from resize.answers import assert_deferred
from resize.autoscaling import GROUP, assert_counts_what_is_given, autoscaler, until_counted
from resize.manifests import CONTAINER, IDLE_SCRIPT, container
from resize.resources import Resources
from resize.workloads import APPS, until_one_ready

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.objects import Objects
    from fixtures.pods import Pods
    from fixtures.room import Room

SMALL = Resources.guaranteed(cpu="100m", memory="64Mi")
#: Uses all CPU that it gets.
BUSY = ("--cpu", "1")


@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.metrics_api
@pytest.mark.rule("deferred.message")
@pytest.mark.known_issue("KI-HPA-COUNTS-SPEC")
def test_counts_what_is_given(objects: Objects, pods: Pods, room: Room, case: CaseRecord) -> None:
    """A resize that waits does not change the utilization that a HorizontalPodAutoscaler counts.

    Else it takes replicas away that are busy, because they have asked for more.

    Preconditions:
        - A Deployment of one Guaranteed pod with 100m, all of which it uses, and an autoscaler by CPU.
        - A pod with 60 percent of the node's CPU.
    Steps:
        1. Patch the Deployment's pod to 60 percent of the node's CPU, which is Deferred.
    Expected:
        - The autoscaler's averageUtilization stays: the pod uses what it was given.

    https://github.com/kubernetes/kubernetes/issues/142155
    """
    most = SMALL.with_cpu(room.cpu(0.6))
    own = objects.watch("pods")
    busy = container(CONTAINER, pods.image, SMALL, args=BUSY)
    objects.create("deployments", workloads.deployment(busy, node=pods.node), group=APPS)
    pod = pods.observe(until_one_ready(own), {CONTAINER: SMALL})
    pod.until_running()
    counting = objects.create("horizontalpodautoscalers", autoscaler("Deployment"), group=GROUP)
    before_percent = until_counted(counting)
    case.measure("utilization that the autoscaler counted before", before_percent, "percent")
    pods.start("blocker", most, script=IDLE_SCRIPT)

    pod.resize(most)

    assert_deferred(pod)
    assert_counts_what_is_given(counting, before_percent=before_percent)
