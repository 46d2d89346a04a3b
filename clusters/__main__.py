"""``python -m clusters``: look at local clusters, remove them, and check whether this host can run one."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console

from clusters import inventory
from clusters.components.listing import list_components
from clusters.contract import ClusterError
from clusters.doctor.findings import look
from clusters.doctor.report import report

_EPILOG = """exit codes: 0 done, 1 something is missing or could not be removed, 2 the command line is wrong.

RESIZE_CONFORMANCE_STATE names the folder that clusters live in, if it is not the usual one of this user."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 done, 1 something is missing or could not be removed, 2 the command line is wrong.
    """
    parsed = _parser().parse_args(arguments)
    try:
        return _run(parsed, Console(highlight=False))
    except ClusterError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except PermissionError as error:
        sys.stderr.write(
            f"{error.filename} can't be used: {error.strerror}. Local clusters belong to the user whose run made them; "
            f"for root's use sudo -E\n"
        )
        return 1
    except KeyboardInterrupt:
        return 130


def _run(parsed: argparse.Namespace, console: Console) -> int:
    match parsed.command:
        case "rm":
            return _remove(parsed, console)
        case "doctor":
            return report(look(), console)
        case "components":
            console.print(list_components(), markup=False, soft_wrap=True)
        case _:
            inventory.show(console)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m clusters",
        description="Look at local clusters, remove them, and check whether this host can run one.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="show the local clusters and how to reach them")
    remove = commands.add_parser(
        "rm", help="remove clusters: running ones, kept ones, and what is left of those whose owner was killed"
    )
    remove.add_argument("names", nargs="*", metavar="NAME", help="a cluster's name, as `list` shows it")
    remove.add_argument(
        "--all", action="store_true", help="remove every kept or orphaned cluster; those of a running test run stay"
    )
    commands.add_parser(
        "doctor", help="look at what this machine has and lacks for clusters, and which kind of node a run would take"
    )
    commands.add_parser("components", help="show the pinned components, and which of them the cache holds")
    return parser


def _remove(parsed: argparse.Namespace, console: Console) -> int:
    if parsed.all == bool(parsed.names):
        sys.stderr.write("python -m clusters rm: give the names of clusters, or --all\n")
        return 2
    names: list[str] | None = None if parsed.all else parsed.names
    outcomes = inventory.remove(names)
    for name, problem in outcomes.items():
        if problem is None:
            console.print(f"removed cluster {name}", markup=False)
        else:
            sys.stderr.write(f"{problem}\n")
    if not outcomes:
        console.print("no kept or orphaned clusters")
    return 1 if any(outcomes.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
