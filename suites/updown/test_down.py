"""Taking back what was granted, as long as the workload can do without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import resize_and_settle
from resize.enforced import assert_pod_cgroup
from resize.manifests import CONTAINER
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods


@pytest.mark.smoke
@pytest.mark.rule("actuation.in_place")
def test_cpu_down(pods: Pods) -> None:
    """The CPU of a Guaranteed pod is lowered without a restart.

    Preconditions:
        - A running Guaranteed pod with 300m and 250M.
    Steps:
        1. Patch requests and limits of CPU to 100m.
    Expected:
        - The whole chain agrees on 100m, memory stays at 250M, the quota of pod and container is 10000 of 100000.
        - No restart.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#design-details
    """
    pod = pods.start("stress", Resources.guaranteed(cpu="300m", memory="250M"))

    pod.resize(Resources.guaranteed(cpu="100m", memory="250M"))
    chain = pod.settle()

    assert_pod_cgroup(chain, cpu_quota_us=10000)


@pytest.mark.conformance
@pytest.mark.rule("actuation.in_place", "memory_shrink.limit_decrease")
def test_memory_down(pods: Pods) -> None:
    """The memory of a Guaranteed pod is lowered to a limit that is above its usage.

    Preconditions:
        - A running Guaranteed pod with 100m and 250M whose workload takes 128M.
    Steps:
        1. Patch requests and limits of memory to 150M.
    Expected:
        - The whole chain agrees on 150M, which is 149999616 bytes in whole pages.
        - No restart.
        - 1.33 refuses it, in its words, and everything stays as it was.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#design-details
    """
    pod = pods.start("stress", Resources.guaranteed(cpu="100m", memory="250M"))

    resize_and_settle(pod, {CONTAINER: Resources.guaranteed(cpu="100m", memory="150M")})
