"""Shell scripts that stand in for a component and break one thing about it; all else the real binary does.

The node sees neither the host's /run nor its /var (:mod:`clusters.local.mounts`), so the cache of components, which the
scripts call, may not lie there. runc is called as ``runc --root DIR --log FILE --log-format json update --resources=- ID``
with the resources as JSON on standard input (``Runc.Update`` in containerd's module ``go-runc``).
"""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from clusters.components.resolver import ComponentResolver

if TYPE_CHECKING:
    from pathlib import Path

    from clusters.versions import KubeVersion

#: Of the OCI runtime specification's LinuxResources.
_DOUBLE_THE_QUOTA = """
import json, sys
resources = json.load(sys.stdin)
if resources.get("cpu", {}).get("quota", 0) > 0:
    resources["cpu"]["quota"] *= 2
json.dump(resources, sys.stdout)
"""

#: What ``runc update`` does in place of its work; ``runc`` is the real one.
UPDATE_IGNORED = "exit 0"
UPDATE_DOUBLES_THE_QUOTA = (
    f'{shlex.quote(sys.executable)} -I -S -c {shlex.quote(_DOUBLE_THE_QUOTA)} | "$real" "$@"; exit $?'
)
#: The container's ID is the last argument, and the first two say where runc keeps its state.
UPDATE_KILLS_THE_CONTAINER = '"$real" "$@" || exit $?; for id; do :; done; "$real" "$1" "$2" kill "$id" KILL; exit $?'
UPDATE_FAILS = "echo 'the runtime is broken on purpose' >&2; exit 1"


def runc_whose_update(body: str) -> str:
    """The script of a runc that differs in ``update`` alone.

    Args:
        body: Shell commands that end the script.
    """
    return f'for word; do if [ "$word" = update ]; then {body}; fi; done\nexec "$real" "$@"'


def without_gate(gate: str) -> str:
    """The script of a component that is told last that a feature gate is off."""
    return f'exec "$real" "$@" --feature-gates={gate}=false'


def write_wrapper(directory: Path, component: str, version: KubeVersion, script: str) -> None:
    """Put a component's stand-in into a directory for ``--components-dir``.

    Args:
        directory: Where; neither in /run nor in /var.
        component: The component's usual name.
        version: The cluster's version.
        script: Shell commands, in which the component's name calls the real one.
    """
    real = ComponentResolver().resolve(version, [component])[component].path
    path = directory / component
    path.write_text(f"#!/bin/sh\nreal={shlex.quote(str(real))}\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
