"""Shell scripts that stand in for a component and break one thing about it; all else the real binary does.

containerd calls ``runc --root DIR --log FILE --log-format json update --resources=- ID`` with the new resources as JSON
on standard input (``Runc.Update`` in its module ``go-runc``).
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.resolver import ComponentResolver
from resize.features import RESIZE_GATE

if TYPE_CHECKING:
    from clusters.versions import KubeVersion

#: What the node sees in place of the host's folders of these names (:mod:`clusters.local.mounts`).
NODE_OWN = (Path("/run"), Path("/var"))
_DOUBLING = Path(__file__).with_name("doubling_runc.py")

# What ``runc update`` does in place of its work. "$real" is the real runc, "$@" its arguments.
UPDATE_IGNORED = "exit 0"
UPDATE_DOUBLES_THE_QUOTA = f'exec {shlex.quote(sys.executable)} -I -S {shlex.quote(str(_DOUBLING))} "$real" "$@"'
#: The first two arguments say where runc keeps its state, the last one is the container's ID.
UPDATE_KILLS_THE_CONTAINER = '"$real" "$@" || exit $?; for id; do :; done; exec "$real" "$1" "$2" kill "$id" KILL'
UPDATE_FAILS = "echo 'broken on purpose' >&2; exit 1"
#: runc runs in the node's PID namespace, whose /proc shows no other kubelet.
UPDATE_KILLS_THE_KUBELET = (
    'for process in /proc/[0-9]*; do [ "$(cat "$process/comm")" = kubelet ] && kill -KILL "${process#/proc/}"; done; '
    "exit 1"
)

# Whole components. The last setting of a gate on a command line holds, and it outdoes the kubelet's configuration file.
WITHOUT_GATE = f'exec "$real" "$@" --feature-gates={RESIZE_GATE}=false'
#: It still says its version, which is asked for on the host.
ENDS_AT_ONCE = '[ "$1" = --version ] && exec "$real" "$@"; echo \'broken on purpose\' >&2; exit 3'


def runc_whose_update(does: str) -> str:
    """The script of a runc that differs in ``update`` alone.

    Args:
        does: Shell commands that end the script.
    """
    return f'for word; do if [ "$word" = update ]; then {does}; fi; done\nexec "$real" "$@"'


def write_wrapper(directory: Path, component: str, version: KubeVersion, script: str) -> None:
    """Put a component's stand-in into a directory for ``--components-dir``.

    Args:
        directory: Where to.
        component: The component's usual name.
        version: The cluster's version.
        script: Shell commands, in which ``"$real"`` is the real component.

    Raises:
        ValueError: The cache of components is where the node does not see it.
    """
    real = ComponentResolver().resolve(version, [component])[component].path.resolve()
    if any(real.is_relative_to(folder) for folder in NODE_OWN):
        raise ValueError(f"the node can't see {real}; set RESIZE_CONFORMANCE_CACHE to a folder outside /run and /var")
    path = directory / component
    path.write_text(f"#!/bin/sh\nreal={shlex.quote(str(real))}\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
