"""A container runtime that takes its time: what the kubelet asks it about one pod's containers waits.

Upstream's cases put a proxy between kubelet and runtime that delays calls; here the pod's own shim is stopped.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clusters.contract import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters.contract import Node


@contextmanager
def stalled_runtime(node: Node, process: int) -> Iterator[None]:
    """For the body nothing reaches the pod of this process through its shim, the process's parent; the pod goes on.

    Raises:
        ClusterError: The parent is no shim of containerd's.
    """
    parent = re.search(r"^PPid:\s+(\d+)$", node.read_text(f"/proc/{process}/status"), re.MULTILINE)
    shim = parent[1] if parent else "none"
    if "containerd-shim" not in node.read_text(f"/proc/{shim}/cmdline"):
        raise ClusterError(f"process {process} is no child of a containerd-shim on node {node.name}, but of {shim}")
    node.run(["sh", "-c", f"kill -STOP {shim}"])
    try:
        yield
    finally:
        node.run(["sh", "-c", f"kill -CONT {shim}"])
