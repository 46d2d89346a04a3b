"""``python -m clusters``: look at clusters, remove local ones, and check whether this host can run one."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from rich.console import Console

from clusters import inventory
from clusters.components.cache import default_cache_directory
from clusters.components.images import stress_archive
from clusters.components.listing import list_components
from clusters.components.resolver import ComponentResolver
from clusters.contract import ClusterError
from clusters.doctor.cluster_report import report as cluster_report
from clusters.doctor.findings import look
from clusters.doctor.report import report
from clusters.existing.folders import sweep_folders
from clusters.existing.survey import survey
from clusters.existing.sweeping import sweep_cluster
from clusters.platforms import CONTAINER_PROVIDERS
from clusters.progress import Progress
from clusters.versions import KubeVersion

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
            if parsed.kubeconfig or parsed.context:
                return cluster_report(survey(parsed.kubeconfig, parsed.context), console)
            return report(look(containers=CONTAINER_PROVIDERS), console)
        case "sweep":
            return _sweep(parsed, console)
        case "get":
            _get(parsed)
        case "image":
            _write_image(parsed.file, console)
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
    doctor = commands.add_parser(
        "doctor",
        help="look at what this machine has and lacks for clusters; with --kubeconfig or --context at a cluster "
        "that is there already: does it support in-place resize?",
    )
    _add_cluster(doctor)
    sweep = commands.add_parser(
        "sweep", help="remove from a cluster that is not the suite's own what killed runs left in it"
    )
    _add_cluster(sweep)
    get = commands.add_parser("get", help="download or build the components of local clusters ahead of a run")
    get.add_argument("versions", nargs="+", metavar="VERSION", type=KubeVersion.parse, help="such as 1.37 or 1.37.2")
    get.add_argument("--components-dir", metavar="DIR", type=Path, help="what is found here need not be got")
    get.add_argument("--mirror", metavar="URL", help="get official releases from this host, which has the same paths")
    get.add_argument("--free-disk", action="store_true", help="leave nothing of builds in Go's caches")
    image = commands.add_parser("image", help="write the stress image to a file, for a registry of yours")
    image.add_argument("file", metavar="FILE", type=Path, help="a tar archive for `docker load` or `ctr images import`")
    commands.add_parser("components", help="show the pinned components, and which of them the cache holds")
    return parser


def _add_cluster(command: argparse.ArgumentParser) -> None:
    """Let the user name a cluster that the suite did not make."""
    command.add_argument("--kubeconfig", metavar="FILE", type=Path, help="how to reach it (default: as kubectl does)")
    command.add_argument("--context", metavar="NAME", help="the kubeconfig's context (default: its current one)")


def _get(parsed: argparse.Namespace) -> None:
    # Asked to end, it ends a build's compilers too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    resolver = ComponentResolver(
        components_dir=parsed.components_dir,
        mirror=parsed.mirror,
        progress=Progress().under("components"),
        spare_disk=parsed.free_disk,
    )
    for version in parsed.versions:
        resolver.get(version)


def _write_image(file: Path, console: Console) -> None:
    archive = stress_archive(default_cache_directory())
    try:
        file.write_bytes(archive.path.read_bytes())
    except OSError as error:
        raise ClusterError(f"{file} can't be written: {error.strerror}") from error
    told = f"{file} holds {archive.reference}; docs/existing-cluster.md says how to push it"
    console.print(told, markup=False, soft_wrap=True)


def _sweep(parsed: argparse.Namespace, console: Console) -> int:
    for run_id in sweep_folders():
        console.print(f"removed the folder of run {run_id}, which was killed", markup=False)
    going = sweep_cluster(parsed.kubeconfig, parsed.context)
    for name in going:
        console.print(f"removed {name}", markup=False)
    if not going:
        console.print("no run left anything in the cluster")
    return 0


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
