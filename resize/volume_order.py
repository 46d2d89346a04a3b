"""What of a resize of volumes and container is done first: a volume that shrinks, then memory, then one that grows.

The order keeps what volumes may hold within what the container may use (``doPodResizeAction`` in
``pkg/kubelet/kuberuntime/kuberuntime_manager.go`` v1.37.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resize.chain import Chain, Mismatch
from resize.observer import ConformanceError
from resize.oom import eventually
from resize.volumes import DEADLINE_S, sizes_mib

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusters.contract import Node
    from resize.pod import ResizablePod

#: How long a volume that must wait is watched; the whole resize takes a fraction of it on an idle node.
WAITS_FOR_S = 3.0


def assert_halfway(pod: ResizablePod, node: Node, process: int, sizes: Mapping[str, int]) -> None:
    """Wait until volumes have these sizes in MiB; see that they keep them while the container has its old limit.

    Args:
        pod: A pod whose runtime is stalled.
        node: Where it runs.
        process: The first process of its only container.
        sizes: Those of the volumes by name.

    Raises:
        ConformanceError: A volume has another size, or the container got its new limit.
    """
    __tracebackhide__ = True
    if not eventually(lambda: sizes_mib(node, process, sizes) == dict(sizes), deadline_s=DEADLINE_S):
        told = f"the volumes are {sizes_mib(node, process, sizes)} MiB large; expected {dict(sizes)}"
        raise ConformanceError(pod.observer.describe(told, None, []))
    container = pod.expected(settled=False).container_cgroup(pod.only_container.name)

    def goal(chain: Chain) -> list[Mismatch]:
        seen, reading = sizes_mib(node, process, sizes), chain.container_cgroups[pod.only_container.name]
        found = [] if seen == dict(sizes) else [Mismatch("sizes of the volumes", str(seen), str(dict(sizes)))]
        wrong = container.mismatches(reading) if reading is not None else ["its cgroup is gone"]
        return [*found, *(Mismatch("container", text, "as before the request") for text in wrong)]

    pod.observer.holds(goal, what=f"pod {pod.name} halfway through its resize", for_s=WAITS_FOR_S)
