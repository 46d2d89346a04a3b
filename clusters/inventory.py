"""The local clusters of this user: what there is, and removing it by name."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.table import Table

from clusters.contract import ClusterError
from clusters.local import keeping
from clusters.local.prepare import ADMIN_KUBECONFIG
from clusters.local.removal import remove as remove_cluster
from clusters.local.state import SPEC_FILE, ClusterFolder, clusters_root, folders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console


def show(console: Console) -> None:
    """Print a table of all clusters, and for each that can be reached the line that makes kubectl reach it."""
    found = folders()
    if not found:
        console.print(f"no local clusters in {clusters_root()}", markup=False, soft_wrap=True)
        return
    table = Table("name", "version", "age", "state")
    reachable = []
    for folder in found:
        state = condition(folder)
        record = folder.record
        table.add_row(folder.name, record["kube_version"] if record else "-", _age(folder), state)
        if record is not None and state != "orphaned":
            reachable.append((folder.name, folder.path / ADMIN_KUBECONFIG))
    console.print(table)
    for name, kubeconfig in reachable:
        console.print(f"# {name}", markup=False)
        console.print(f"export KUBECONFIG={kubeconfig}", markup=False, soft_wrap=True)


def condition(folder: ClusterFolder) -> str:
    """What the cluster is.

    Returns:
        ``orphaned`` (nobody looks after what is left), ``starting``, ``kept`` (it outlives its owner) or ``running``.
    """
    if not keeping.is_held(folder.path):
        return "orphaned"
    if folder.record is None:
        return "starting"
    return "kept" if folder.kept else "running"


def remove(names: Sequence[str] | None) -> dict[str, str | None]:
    """Remove clusters.

    Args:
        names: Which, whoever owns them; None removes those that no test run is using: kept ones and orphans.

    Returns:
        By name, why the cluster could not be removed; None if it is gone.
    """
    found = {folder.name: folder for folder in folders()}
    if names is None:
        names = [name for name, folder in found.items() if condition(folder) in {"kept", "orphaned"}]
    outcomes: dict[str, str | None] = {}
    for name in names:
        if name not in found:
            known = ", ".join(found) or "none"
            outcomes[name] = f"there is no local cluster named {name!r}; there are: {known}"
            continue
        try:
            remove_cluster(found[name])
            outcomes[name] = None
        except ClusterError as error:
            outcomes[name] = str(error)
    return outcomes


def _age(folder: ClusterFolder) -> str:
    state = folder.state
    if state is not None:
        begun = float(state["created"])
    else:
        written = (folder.path / SPEC_FILE, folder.path, keeping.lock_file(folder.path))
        begun = next((path.stat().st_mtime for path in written if path.exists()), time.time())
    seconds = max(0, int(time.time() - begun))
    for unit, length_s in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length_s:
            return f"{seconds // length_s} {unit}"
    return f"{seconds} s"
