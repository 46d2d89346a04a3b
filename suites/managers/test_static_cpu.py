"""Guaranteed pods on a node whose CPU manager has the static policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_static_cpu_answer
from resize.resources import Resources

if TYPE_CHECKING:
    from resize.pod import ResizablePod


@pytest.mark.conformance
@pytest.mark.variant("static-cpu")
@pytest.mark.rule("static_cpu_manager.refuses", "static_cpu_manager.message")
def test_cpu_of_a_guaranteed_pod(idle_pod: ResizablePod) -> None:
    """On a node with the static CPU manager policy a CPU resize of a Guaranteed pod is refused as the version does it.

    Preconditions:
        - A cluster whose kubelet runs with cpuManagerPolicy static.
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to 200m.
    Expected:
        - From 1.32 on: Infeasible, with a text that names the policy, and nothing is applied.
        - In the alpha, which does not look at the policy: the resize is done.

    https://kubernetes.io/blog/2023/05/12/in-place-pod-resize-alpha/#known-issues
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="64Mi"))

    assert_static_cpu_answer(idle_pod)
