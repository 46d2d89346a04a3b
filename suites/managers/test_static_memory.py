"""Nodes whose memory manager gives Guaranteed pods memory of one NUMA node for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.managers import assert_manager_answer, resize_under_policy
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.pod import ResizablePod

pytestmark = pytest.mark.variant("static-memory")


@pytest.mark.rule("static_memory_manager.refuses", "static_memory_manager.message")
@pytest.mark.conformance
def test_memory_of_a_guaranteed_pod(idle_pod: ResizablePod) -> None:
    """With memory manager policy Static a memory resize of a Guaranteed pod is refused as the version does it.

    Why: the manager can't give a running pod memory of its NUMA node; a node that went on regardless would promise
    what it does not keep.

    Preconditions:
        - A cluster whose kubelet runs with memoryManagerPolicy Static.
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch memory to 96Mi.
        2. Patch it back to 64Mi, and CPU to 200m.
    Expected:
        - From 1.33 on the first is Infeasible, with a text that names the policy, and nothing is applied; before, the
          resize is done.
        - From 1.34 on the second is done, as it leaves memory alone; the API of 1.33 refuses it, as it lowers a limit.

    https://github.com/kubernetes/kubernetes/pull/129719
    """
    right = idle_pod.behaviour.static_memory_manager
    idle_pod.resize(Resources.guaranteed(cpu="100m", memory="96Mi"))
    assert_manager_answer(idle_pod, right, "memory")

    resize_under_policy(idle_pod, Resources.guaranteed(cpu="200m", memory="64Mi"), right, "cpu")


@pytest.mark.rule("static_memory_manager.refuses", "actuation.in_place")
@pytest.mark.conformance
def test_memory_of_a_burstable_pod(pods: Pods) -> None:
    """The policy Static of the memory manager leaves Burstable pods to be resized as elsewhere.

    Why: most pods on such a node are Burstable, and have no memory of their own.

    Preconditions:
        - A cluster whose kubelet runs with memoryManagerPolicy Static.
        - A running Burstable pod that requests 64Mi of 96Mi.
    Steps:
        1. Patch the request to 96Mi and the limit to 128Mi.
    Expected:
        - The resize is done on every layer, in the same container.

    https://github.com/kubernetes/kubernetes/pull/129719
    """
    before = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="96Mi")
    pod = pods.start("burstable", before, script=IDLE_SCRIPT)

    pod.resize(Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="96Mi", memory_limit="128Mi"))

    pod.settle()
