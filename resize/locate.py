"""From a container's ID to its cgroups: by its process, and cross-checked with what the runtime was told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from resize.cgroup_paths import CgroupLayoutError, CgroupPaths, agrees_with, cgroups_path_of

if TYPE_CHECKING:
    from clusters.contract import Node

#: containerd's namespace of the containers that the kubelet made.
CTR = ("ctr", "--namespace", "k8s.io")


def process_of(node: Node, container_id: str) -> int | None:
    """The PID, on the node, of a container's first process; None if it does not run.

    Raises:
        ClusterError: The runtime's command line tool failed.
    """
    for line in node.run([*CTR, "tasks", "list"]).splitlines():
        words = line.split()
        if words and words[0] == container_id and words[-1] == "RUNNING":
            return int(words[1])
    return None


def locate_sandbox(node: Node, pod_uid: str) -> CgroupPaths | None:
    """The cgroups of a pod's sandbox, which lives as long as the pod, even if its containers die at once.

    Returns:
        Paths whose pod level is the pod's; None if the pod has no sandbox now.
    """
    wanted = f'labels."io.kubernetes.pod.uid"=={pod_uid},labels."io.cri-containerd.kind"==sandbox'
    for container_id in node.run([*CTR, "containers", "list", "--quiet", wanted]).split():
        paths = locate(node, container_id)
        if paths is not None:
            return paths
    return None


def locate(node: Node, container_id: str) -> CgroupPaths | None:
    """The cgroups of a running container and its pod; None if it does not run.

    Raises:
        CgroupLayoutError: The process is not where the runtime was told to put it (seed: ``ctr c info ID``), so one of
            the two sources lies.
    """
    pid = process_of(node, container_id)
    if pid is None:
        return None
    try:
        paths = CgroupPaths.of_process(node, pid, container_id)
    except FileNotFoundError:
        return None
    except CgroupLayoutError:
        # A process that is just ending has left its cgroup already.
        if process_of(node, container_id) is None:
            return None
        raise
    told = cgroups_path_of(json.loads(node.run([*CTR, "containers", "info", container_id])))
    if not agrees_with(paths, told):
        raise CgroupLayoutError(
            f"container {container_id[:12]}: its process is in {paths.container.memory}, but its cgroupsPath is {told}"
        )
    return paths
