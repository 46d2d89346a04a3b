"""The score by which the kernel chooses whom to kill when the node runs out of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.locate import process_of
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from clusters.contract import Node
    from resize.pod import ResizablePod
    from resize.resources import Resources


def expected_score(resources: Resources, node: Node) -> int:
    """What the kubelet gives a container of a Burstable pod: the smaller its request, the sooner it goes.

    Source: ``GetContainerOOMScoreAdjust`` in ``pkg/kubelet/qos/policy.go`` v1.37.2, the same in v1.27.4.
    """
    (total_kib,) = [line.split()[1] for line in node.read_text("/proc/meminfo").splitlines() if "MemTotal" in line]
    score = 1000 - 1000 * (resources.memory_request_bytes or 0) // (int(total_kib) * 1024)
    return min(max(score, 3), 999)


def assert_score(pod: ResizablePod, node: Node, expected: int) -> None:
    """Check ``oom_score_adj`` of the first process of the pod's only container.

    Raises:
        ConformanceError: It is another.
    """
    __tracebackhide__ = True
    process = process_of(node, pod.only_container.container_id)
    found = node.read_text(f"/proc/{process}/oom_score_adj").strip()
    if int(found) != expected:
        raise ConformanceError(f"oom_score_adj of pod {pod.name} is {found}; expected {expected}")
