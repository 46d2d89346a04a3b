"""Pods of several containers: what changes in their containers counts for the pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import resize_and_settle, there_and_back
from resize.resources import Resources
from suites.pod_level.pods import RESIZABLE, start

if TYPE_CHECKING:
    from fixtures.pods import Pods

pytestmark = [*RESIZABLE, pytest.mark.rule("pod_level.in_status")]

#: Of the containers c1, c2 and c3.
THREE = ("40m", "32Mi"), ("50m", "36Mi"), ("60m", "40Mi")
#: Upstream's three mixtures of raising and lowering.
MIXTURES = {
    "net-increase": (("70m", "48Mi"), ("80m", "52Mi"), ("30m", "24Mi")),
    "net-decrease": (("50m", "48Mi"), ("30m", "24Mi"), ("30m", "28Mi")),
    "mixed": (("70m", "32Mi"), ("30m", "48Mi"), ("90m", "52Mi")),
}


@pytest.mark.nightly
@pytest.mark.parametrize(
    "after",
    [pytest.param(after, id=name, marks=pytest.mark.upstream(f"plr/multi/{name}")) for name, after in MIXTURES.items()],
)
def test_three_containers(pods: Pods, after: tuple[tuple[str, str], ...]) -> None:
    """Three containers are raised and lowered in one request and back, and the pod as a whole follows.

    Preconditions:
        - A running Guaranteed pod of three containers with 40m, 50m and 60m and 32Mi, 36Mi and 40Mi.
    Steps:
        1. Patch all three: some up, some down, so that the sum rises or falls.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees, without a restart. The pod's cgroup and status.allocatedResources have
          the sums.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    pod = start(pods, _guaranteed(THREE), None)

    there_and_back(pod, _guaranteed(after))


@pytest.mark.nightly
@pytest.mark.upstream("plr/multi/six-containers")
def test_requests_and_limits_are_added(pods: Pods) -> None:
    """Requests are raised and lowered, and limits and requests are added, in five containers at once.

    Preconditions:
        - A running Burstable pod of five containers that have a request of CPU, or of memory, or of both.
    Steps:
        1. Patch all five in one request: see the table in the case.
    Expected:
        - The whole chain agrees, without a restart. Nothing is patched back, as nothing can be removed.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/5419-pod-level-resources-in-place-resize
    """
    cpu, memory = Resources.of(cpu_request="50m"), Resources.of(memory_request="24Mi")
    before = {
        "c1": cpu,
        "c2": memory,
        "c3": Resources.of(cpu_request="50m", memory_request="24Mi"),
        "c4": cpu,
        "c5": memory,
    }
    pod = start(pods, before, None)

    resize_and_settle(
        pod,
        {
            "c1": Resources.of(cpu_request="80m", cpu_limit="120m"),
            "c2": Resources.of(memory_request="16Mi", memory_limit="48Mi"),
            "c3": Resources.of(cpu_request="50m", memory_request="16Mi"),
            "c4": Resources.of(cpu_request="30m", memory_request="24Mi"),
            "c5": Resources.of(cpu_request="50m", memory_request="32Mi"),
        },
    )


def _guaranteed(values: tuple[tuple[str, str], ...]) -> dict[str, Resources]:
    return {
        f"c{number}": Resources.guaranteed(cpu=cpu, memory=memory) for number, (cpu, memory) in enumerate(values, 1)
    }
