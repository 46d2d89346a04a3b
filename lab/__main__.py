"""``python -m lab [--kind-node VERSIONS] [--k3d-node VERSIONS] -- COMMAND ...``: a command with a Docker engine."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from clusters.components.cache import default_cache_directory
from clusters.contract import ClusterError
from clusters.progress import Progress
from clusters.versions import KubeVersion
from lab import outside, requirements
from lab.components import LabComponents
from lab.k3d_node import k3d_node
from lab.kind_node import kind_node
from lab.place import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILED = 1
#: As shells tell it of a command that SIGINT ended.
INTERRUPTED = 130


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line's options, with ``command`` as what follows ``--``."""
    parser = argparse.ArgumentParser(
        prog="python -m lab",
        usage="%(prog)s [--kind-node VERSIONS] [--k3d-node VERSIONS] -- COMMAND ...",
        description="Run a command with a Docker engine of its own that holds node images put together here. "
        "Ends with the command's exit code; everything but the images goes with it.",
    )
    parser.add_argument(
        "--kind-node", type=_versions, default=[], metavar="VERSIONS", help="make kind node images, such as 1.37,1.30"
    )
    parser.add_argument(
        "--k3d-node", type=_versions, default=[], metavar="VERSIONS", help="make k3d node images (with a k3s stand-in)"
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="what to run, after --")
    return parser.parse_args(arguments)


def _versions(text: str) -> list[KubeVersion]:
    try:
        return [KubeVersion.parse(part) for part in text.split(",") if part]
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def main(arguments: Sequence[str]) -> int:
    """Run the lab."""
    options = parse(arguments)
    progress = Progress(prefix="lab: ")
    place = Place(default_cache_directory().absolute() / "lab")
    try:
        requirements.check(images=bool(options.kind_node or options.k3d_node))
        with place.lock():
            # Here and not in the lab, which has no way out: what is missing is downloaded and built.
            components = LabComponents(progress)
            images = [kind_node(version, components, progress) for version in options.kind_node]
            for_k3d = [k3d_node(version, components, progress) for version in options.k3d_node]
            # k3d starts a container for its tools, of an image that only has to be there.
            environment = {"K3D_IMAGE_TOOLS": for_k3d[0].reference} if for_k3d else {}
            return outside.run(place, options.command, [*images, *for_k3d], environment)
    except ClusterError as error:
        progress.say(str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
