"""``python -m lab [--kind-node VERSIONS] [--k3d-node VERSIONS] -- COMMAND ...``: a command with a Docker engine."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from clusters.components.cache import default_cache_directory
from clusters.contract import ClusterError
from clusters.progress import Progress
from lab import outside, requirements
from lab.place import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILED = 1


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line's options, with ``command`` as what follows ``--``."""
    parser = argparse.ArgumentParser(
        prog="python -m lab",
        usage="%(prog)s [--kind-node VERSIONS] [--k3d-node VERSIONS] -- COMMAND ...",
        description="Run a command with a Docker engine of its own that holds node images put together here. "
        "Ends with the command's exit code; everything but the images goes with it.",
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="what to run, after --")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Run the lab."""
    options = parse(arguments)
    progress = Progress(prefix="lab: ")
    place = Place(default_cache_directory().absolute() / "lab")
    try:
        requirements.check(images=False)
        with place.lock():
            return outside.run(place, options.command, {})
    except ClusterError as error:
        progress.say(str(error))
        return FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
