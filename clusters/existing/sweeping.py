"""``python -m clusters sweep``: a cluster as it was before, whatever runs that were killed left in it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from clusters.api import KubeApi
from clusters.existing import workspace
from clusters.existing.lease import RunLease
from clusters.existing.ours import NAMESPACE
from clusters.existing.survey import kubeconfig_files, server_version

if TYPE_CHECKING:
    from pathlib import Path


def sweep_cluster(kubeconfig: Path | None, context: str | None) -> list[str]:
    """Remove what runs left that are over, while holding the Lease as a run does.

    Args:
        kubeconfig: Leads to the cluster; None for the one that kubectl would take.
        context: One of its contexts; None for the current one.

    Returns:
        What was removed, each as people name it.

    Raises:
        ClusterError: The cluster can't be reached, or a run uses it.
    """
    api = KubeApi(kubeconfig_files(kubeconfig), context=context)
    server_version(api)
    if not workspace.anything_left(api):
        return []
    run_id = f"sweep-{secrets.token_hex(2)}"
    workspace.open_workspace(api, run_id, privileged=False)
    lease = RunLease(api, run_id)
    lease.acquire()
    try:
        going = workspace.sweep(api)
        workspace.until_gone(api, workspace.namespaces_in(going))
    finally:
        closed = workspace.close_workspace(api)
        lease.stop() if closed else lease.remove()
    if closed:
        workspace.until_gone(api, [NAMESPACE])
        going.append(f"namespace {NAMESPACE}")
    return going
