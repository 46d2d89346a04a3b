"""Taking down what is left of a cluster of containers, by the engine alone and without the tool that made it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from clusters.docker.engine import Engine

if TYPE_CHECKING:
    from pathlib import Path

#: In the cluster's folder: what there is to remove. Written before anything is made.
TRACES_FILE = "containers.json"


@dataclass(frozen=True, slots=True)
class Traces:
    """Everything of a cluster that an engine may hold.

    Attributes:
        label: The label that the tool puts on the cluster's containers.
        value: Its value.
        networks: That go with the cluster, unless others use them.
        volumes: That go with it.
    """

    label: str
    value: str
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()

    def note(self, folder: Path) -> None:
        """Write this down for whoever has to remove it."""
        (folder / TRACES_FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")


def remove_containers(folder: Path) -> None:
    """Remove what a cluster's folder says that there is in the engine; nothing where it was no such cluster.

    Raises:
        ClusterError: The engine can't be reached, or does not let go of something.
    """
    try:
        document = json.loads((folder / TRACES_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        # No such cluster; or one whose disk was full before anything was made, as this is written first.
        return
    traces = Traces(**document)
    Engine().remove(traces.label, traces.value, networks=traces.networks, volumes=traces.volumes)
