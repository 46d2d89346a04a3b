"""An ordinary init container that is resized while it is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import there_and_back
from resize.init_containers import until_init_runs
from resize.manifests import CONTAINER, IDLE_SCRIPT, container
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods

BEFORE = Resources.guaranteed(cpu="100m", memory="80Mi")


@pytest.mark.conformance
@pytest.mark.min_kube_version("1.36")
@pytest.mark.feature_gate("InPlacePodVerticalScalingInitContainers")
@pytest.mark.cpu_milli(200)
@pytest.mark.rule("submit.init_containers")
@pytest.mark.upstream("single/init-container")
def test_init_container_at_work(pods: Pods) -> None:
    """An init container is resized while it is at work, and resized back, without a restart.

    Preconditions:
        - A Guaranteed pod whose init container, with 100m and 80Mi, runs and does not end, so that its container, with
          the same resources, has not begun.
    Steps:
        1. Patch requests and limits of the init container to 150m and 96Mi.
        2. Patch them back.
    Expected:
        - After each step spec, allocatedResources and status.resources of the init container and its cgroup agree, and
          the pod's cgroup has the larger of the init container's values and the container's.
        - The init container is the same as before, and the other one has still not begun.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources
    """
    pod = pods.start_all(
        "initializing",
        {CONTAINER: container(CONTAINER, pods.image, BEFORE, script=IDLE_SCRIPT)},
        init_containers={"init": container("init", pods.image, BEFORE, script=IDLE_SCRIPT)},
        wait=False,
    )
    until_init_runs(pod, "init")

    there_and_back(pod, {"init": Resources.guaranteed(cpu="150m", memory="96Mi")})
