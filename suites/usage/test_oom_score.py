"""oom_score_adj: who goes first when the node itself runs out of memory, by the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.manifests import IDLE_SCRIPT
from resize.oom_score import assert_score, expected_score
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.live import LiveCluster
    from fixtures.pods import Pods

SMALL = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="640Mi")
LARGE = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="512Mi", memory_limit="640Mi")


@pytest.mark.rule("cgroups.oom_score_by_start")
@pytest.mark.conformance
def test_request_without_restart_keeps_the_score(pods: Pods, cluster: LiveCluster) -> None:
    """A memory request that is raised without a restart leaves the container's oom_score_adj as it was.

    Why: the status says that 512Mi are set aside for the pod, and under memory pressure on the node the kernel still
    treats it as one of 64Mi.

    Preconditions:
        - A running Burstable pod that requests 64Mi of 640Mi.
    Steps:
        1. Patch the request to 512Mi.
    Expected:
        - The resize is done; oom_score_adj of the container's first process is that of a request of 64Mi.

    https://github.com/kubernetes/kubernetes/issues/130657
    """
    pod = pods.start("scored", SMALL, script=IDLE_SCRIPT)
    score = expected_score(SMALL, cluster.node)
    assert_score(pod, cluster.node, score)

    pod.resize(LARGE)
    pod.applied()

    assert_score(pod, cluster.node, score)


@pytest.mark.rule("cgroups.oom_score_by_start", "actuation.memory_request_restarts")
@pytest.mark.min_kube_version("1.33")
@pytest.mark.conformance
def test_request_with_restart_renews_the_score(pods: Pods, cluster: LiveCluster) -> None:
    """A memory request that is raised with a restart gives the container the oom_score_adj of the new request.

    Preconditions:
        - A running Burstable pod that requests 64Mi of 640Mi, and whose resizePolicy for memory is RestartContainer.
    Steps:
        1. Patch the request to 512Mi.
    Expected:
        - The container is restarted once; oom_score_adj of its first process is that of a request of 512Mi.

    https://github.com/kubernetes/kubernetes/pull/130917
    """
    pod = pods.start("scored", SMALL, script=IDLE_SCRIPT, resize_policy={"memory": "RestartContainer"})
    assert_score(pod, cluster.node, expected_score(SMALL, cluster.node))

    pod.resize(LARGE)
    pod.settle(restarts={"stress": 1})

    assert_score(pod, cluster.node, expected_score(LARGE, cluster.node))
