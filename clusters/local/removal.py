"""Taking a local cluster down, whoever brought it up and whether or not anybody still looks after it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from clusters.contract import ClusterError
from clusters.local import keeping
from clusters.local.hostcgroups import CgroupError
from clusters.local.warden import remove_traces

if TYPE_CHECKING:
    from clusters.local.state import ClusterFolder

#: A warden is done in a fifth of a second; a loaded host or a process in a disk wait gets this long.
WARDEN_PATIENCE_S = 30.0


def remove(folder: ClusterFolder) -> None:
    """Take the cluster down and return when nothing of it is left; one that is gone already is as good.

    Raises:
        ClusterError: Somebody is just starting the cluster, or something of it can't be removed.
    """
    state = folder.state
    if state is not None:
        _end_warden(int(state["warden_pid"]), folder.name)
    try:
        abandoned = remove_abandoned(folder)
    except CgroupError as error:
        raise ClusterError(f"cluster {folder.name} can't be removed: {error}; try again in a moment") from error
    if not abandoned:
        raise ClusterError(
            f"cluster {folder.name} is being started or removed by another process; end that process or wait for it, "
            f"and look again with `python -m clusters list`"
        )


def remove_abandoned(folder: ClusterFolder) -> bool:
    """Remove what is left of a cluster if nobody looks after it, and say whether nothing is left.

    Its processes ended with its warden (see :mod:`clusters.local.warden`); cgroups and folders may be left.

    Raises:
        CgroupError: A process in one of its cgroups does not end.
    """
    if not folder.exists():
        return True
    with keeping.if_abandoned(folder.path) as abandoned:
        if abandoned:
            _kill_init(folder)
            remove_traces(folder.name, folder.path)
        return abandoned


def _end_warden(warden_pid: int, name: str) -> None:
    """Ask a warden to take its cluster down, and wait until it has."""
    with suppress(psutil.NoSuchProcess):
        warden = psutil.Process(warden_pid)
        # The PID may be somebody else's by now.
        if {"clusters.local.warden", "clusters.docker.warden"} & set(warden.cmdline()):
            warden.terminate()
            try:
                warden.wait(timeout=WARDEN_PATIENCE_S)
            except psutil.TimeoutExpired as error:
                raise ClusterError(
                    f"cluster {name} does not end: its warden, process {warden_pid}, has not finished in "
                    f"{WARDEN_PATIENCE_S:.0f} s; end that process with `kill -KILL {warden_pid}` and try again"
                ) from error


def _kill_init(folder: ClusterFolder) -> None:
    """End a PID namespace that outlived its warden; its processes could hold the cgroups."""
    state = folder.state
    if state is None or "init_pid" not in state:
        return
    # Of a process that won't end, its cgroup tells.
    with suppress(psutil.Error):
        process = psutil.Process(state["init_pid"])
        # The PID may be somebody else's by now.
        if "clusters.local.init" in process.cmdline() and process.create_time() <= state["created"] + 1:
            process.kill()
            process.wait(timeout=10)
