"""resizePolicy: which changes restart a container, and which don't."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods

KEEP, RESTART = "NotRequired", "RestartContainer"
BEFORE = Resources.guaranteed(cpu="100m", memory="64Mi")
CPU, MEMORY, BOTH = BEFORE.with_cpu("200m"), BEFORE.with_memory("96Mi"), BEFORE.with_cpu("200m").with_memory("96Mi")


@pytest.mark.conformance
@pytest.mark.parametrize(
    ("cpu_policy", "memory_policy", "after", "restarts"),
    [
        pytest.param(KEEP, KEEP, BOTH, 0, id="no_restart_for_either"),
        pytest.param(RESTART, KEEP, CPU, 1, id="cpu_restarts_on_cpu"),
        pytest.param(RESTART, KEEP, MEMORY, 0, id="cpu_restarts_not_on_memory"),
        pytest.param(KEEP, RESTART, MEMORY, 1, id="memory_restarts_on_memory"),
        pytest.param(KEEP, RESTART, CPU, 0, id="memory_restarts_not_on_cpu"),
        pytest.param(KEEP, RESTART, BOTH, 1, id="memory_restarts_on_both"),
        pytest.param(RESTART, RESTART, BOTH, 1, id="both_restart_once"),
    ],
)
@pytest.mark.rule("actuation.restarts_by_policy")
def test_restarts_are_those_of_the_policy(
    pods: Pods, cpu_policy: str, memory_policy: str, after: Resources, restarts: int
) -> None:
    """A resize restarts the container exactly as often as its resizePolicy says.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi and a policy for CPU and for memory.
    Steps:
        1. Patch CPU to 200m, or memory to 96Mi, or both.
    Expected:
        - One restart if a resource that changed has RestartContainer, and only one if both have; else none, and the
          same container.
        - The whole chain agrees on the new values.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#container-resize-policy
    """
    policy = {"cpu": cpu_policy, "memory": memory_policy}
    pod = pods.start("policy", BEFORE, script=IDLE_SCRIPT, resize_policy=policy)

    pod.resize(after)

    pod.settle(restarts={"stress": restarts})
