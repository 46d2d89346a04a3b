"""The files that the seeds read by hand on the node, and the figures that they found there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.cgroup_files import assert_files_show, assert_seed_path
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.pod import ResizablePod


@pytest.mark.smoke
@pytest.mark.cgroup("v2")
@pytest.mark.rule("actuation.in_place", "cgroups.pod_weight")
def test_guaranteed_pod_up_and_down(stress_pod: ResizablePod) -> None:
    """memory.max and cpu.max of a Guaranteed pod follow its resizes up and down, at the path that the runtime names.

    Preconditions:
        - A running Guaranteed pod with 100m and 150M.
    Steps:
        1. Find the container's cgroupsPath by `ctr containers info`.
        2. Patch requests and limits to 300m and 250M; then CPU back to 100m; then memory back to 150M.
    Expected:
        - cgroupsPath is /kubepods/podUID/ID of this pod and this container.
        - memory.max and cpu.max of the pod's and of the container's folder are 249999360 and "30000 100000"; then
          249999360 and "10000 100000"; then 149999616 and "10000 100000".

    https://www.perfectscale.io/blog/pod-in-place-resize
    """
    assert_seed_path(stress_pod)
    assert_files_show(stress_pod, memory_max="149999616", cpu_max="10000 100000")

    stress_pod.resize(Resources.guaranteed(cpu="300m", memory="250M"))
    stress_pod.settle()
    assert_files_show(stress_pod, memory_max="249999360", cpu_max="30000 100000")

    stress_pod.resize(Resources.guaranteed(cpu="100m", memory="250M"))
    stress_pod.settle()
    assert_files_show(stress_pod, memory_max="249999360", cpu_max="10000 100000")

    stress_pod.resize(Resources.guaranteed(cpu="100m", memory="150M"))
    stress_pod.settle()
    assert_files_show(stress_pod, memory_max="149999616", cpu_max="10000 100000")


@pytest.mark.conformance
@pytest.mark.cgroup("v2")
@pytest.mark.rule("actuation.in_place", "cgroups.pod_weight")
def test_burstable_pod_down(pods: Pods) -> None:
    """memory.max of a Burstable pod goes down to 100M, at the path that the runtime names.

    Preconditions:
        - A running Burstable pod: 50m of 100m, 90M of 150M, which needs next to nothing.
    Steps:
        1. Find the container's cgroupsPath by `ctr containers info`.
        2. Patch the memory limit to 100M.
    Expected:
        - cgroupsPath is /kubepods/burstable/podUID/ID.
        - memory.max of the pod's and of the container's folder is 149999616 before and 99999744 after.

    https://www.perfectscale.io/blog/pod-in-place-resize
    """
    before = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="90M", memory_limit="150M")
    pod = pods.start("burstable", before, script=IDLE_SCRIPT)
    assert_seed_path(pod)
    assert_files_show(pod, memory_max="149999616", cpu_max="10000 100000")

    pod.resize(Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="90M", memory_limit="100M"))
    pod.settle()
    assert_files_show(pod, memory_max="99999744", cpu_max="10000 100000")
