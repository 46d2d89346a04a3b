"""From a container's ID to its cgroups: by its process, and cross-checked with what the runtime was told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from clusters.contract import NoNodeAccessError
from resize.cgroup_paths import CgroupLayoutError, CgroupPaths, agrees_with, cgroups_path_of

if TYPE_CHECKING:
    from clusters.contract import Node

#: containerd's namespace of the containers that the kubelet made.
CTR = ("ctr", "--namespace", "k8s.io")
#: Each answer takes tens of milliseconds; what takes so much longer is better asked anew.
CTR_TIMEOUT_S = 15.0


def process_of(node: Node, container_id: str) -> int | None:
    """The PID, on the node, of a container's first process; None if it does not run.

    Where the node has no ctr, it is any process whose cgroup is named after the container.

    Raises:
        ClusterError: The runtime's command line tool failed.
    """
    try:
        tasks = node.run([*CTR, "tasks", "list"], timeout_s=CTR_TIMEOUT_S)
    except NoNodeAccessError:
        return _process_in(node, container_id)
    for line in tasks.splitlines():
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
    try:
        containers = node.run([*CTR, "containers", "list", "--quiet", wanted], timeout_s=CTR_TIMEOUT_S)
    except NoNodeAccessError:
        return _paths_in_pod(node, pod_uid)
    for container_id in containers.split():
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
    try:
        info = node.run([*CTR, "containers", "info", container_id], timeout_s=CTR_TIMEOUT_S)
        told = cgroups_path_of(json.loads(info))
    except NoNodeAccessError:
        # Without ctr there is no second source.
        return paths
    if not agrees_with(paths, told):
        raise CgroupLayoutError(
            f"container {container_id[:12]}: its process is in {paths.container.memory}, but its cgroupsPath is {told}"
        )
    return paths


def _paths_in_pod(node: Node, pod_uid: str) -> CgroupPaths | None:
    """The cgroups of a pod, by any process in it; the driver systemd writes its UID with underscores."""
    pid = _process_in(node, pod_uid.replace("-", "[-_]"))
    if pid is None:
        return None
    try:
        return CgroupPaths.of_process(node, pid)
    except FileNotFoundError:
        return None


def _process_in(node: Node, cgroup: str) -> int | None:
    """A process whose cgroup's path matches an expression."""
    # Processes end while grep reads: that is no error.
    found = node.run(["sh", "-c", f"grep -l '{cgroup}' /proc/[0-9]*/cgroup 2>/dev/null || true"])
    pids = [int(path.split("/")[2]) for path in found.split()]
    return min(pids, default=None)
