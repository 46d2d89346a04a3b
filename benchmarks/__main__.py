"""``python -m benchmarks``: runs Kubernetes' own e2e.test and this suite by turns on one local cluster."""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks import figures, ids
from benchmarks.cluster import cluster
from benchmarks.e2e import E2eTest, images_of
from benchmarks.e2e_build import e2e_test
from benchmarks.ours import OurSuite
from benchmarks.report import show
from benchmarks.rounds import play
from benchmarks.starting import starts
from clusters.components.cache import ComponentCache, default_cache_directory
from clusters.components.pins import resolve_version
from clusters.contract import ClusterError
from clusters.platforms import choose_platforms
from clusters.progress import Progress
from clusters.versions import KubeVersion
from fixtures.run import new_run_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark.

    Returns:
        0, or 1 if it could not be run; the figures don't matter for it.
    """
    parsed = _parser().parse_args(arguments)
    try:
        _benchmark(parsed, Progress())
    except ClusterError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _benchmark(parsed: argparse.Namespace, progress: Progress) -> None:
    version = resolve_version(KubeVersion.parse(parsed.kube_version))
    (platform, *_), _ = choose_platforms([parsed.node] * bool(parsed.node), [parsed.cgroup] * bool(parsed.cgroup))
    binary = e2e_test(version, ComponentCache(default_cache_directory(), progress), progress)
    folder = (parsed.results_dir / new_run_id()).resolve()
    folder.mkdir(parents=True)
    gates = dict.fromkeys(filter(None, parsed.feature_gates.split(",")), True)
    with cluster(version, platform, gates, images_of(binary), folder, progress) as where:
        upstream = E2eTest(binary, where.record.kubeconfig, folder)
        suite = OurSuite(folder, version, platform, where.gates)
        names = _chosen(ids.by_id(ids.upstream_names(version), upstream.names()), suite, parsed)
        progress.say(f"{len(names)} cases: {', '.join(names)}")
        found = play(
            where,
            None if parsed.floor_only else upstream,
            suite,
            names,
            count=parsed.rounds,
            workers=parsed.workers,
            warm_up=parsed.warm_up,
            progress=progress,
        )
        worker = suite.run(found.ids, "worker", where.record, workers=max(2, parsed.workers))
    start = starts(suite)
    document = {
        "kube_version": str(version),
        "platform": platform.label,
        "workers": parsed.workers,
        "left_out": found.left_out,
        "worker_peak_mib": worker.peak_mib,
        "starts": [asdict(one) for one in start],
        **figures.raw(found.theirs, found.ours, found.floors),
    }
    (folder / "benchmark.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    show(Console(highlight=False), found, worker.peak_mib or 0.0, start)


def _chosen(theirs: Mapping[str, str], suite: OurSuite, parsed: argparse.Namespace) -> dict[str, str]:
    """The cases that both sides have, as many as asked for.

    Raises:
        ClusterError: There are none.
    """
    own = suite.ids()
    patterns = parsed.ids.split(",")
    common = [case_id for case_id in theirs if case_id in own and any(fnmatch.fnmatch(case_id, p) for p in patterns)]
    if not common:
        raise ClusterError(f"no case of {parsed.ids} is in e2e.test and in this suite too")
    return {case_id: theirs[case_id] for case_id in (common if parsed.all else ids.drawn(common, parsed.cases))}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--kube-version", default="1.37", metavar="VERSION", help="of both sides (default: 1.37)")
    parser.add_argument("--node", choices=("host", "uml"), help="where the node's kernel runs (default: as the suite)")
    parser.add_argument("--cgroup", choices=("v1", "v2"), help="the node's cgroup version (default: as the suite)")
    parser.add_argument("--feature-gates", default="", metavar="GATE,...", help="more gates to turn on for both sides")
    parser.add_argument(
        "--ids",
        default="*",
        metavar="PATTERN,...",
        help="upstream cases to choose from, by their ids in resize/data/upstream_cases.toml, such as 'burstable/*'",
    )
    parser.add_argument("--cases", type=int, default=10, metavar="N", help="how many, at even distances (default: 10)")
    parser.add_argument("--all", action="store_true", help="all of them; e2e.test takes some 20 s for each")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each side runs (default: 3)")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="workers of ours, against one ginkgo process (default: 1)"
    )
    parser.add_argument(
        "--floor-only",
        action="store_true",
        help="run this suite and the floor alone, which takes a tenth of the time: what e2e.test takes is not asked",
    )
    parser.add_argument(
        "--warm-up",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="run each side once beforehand, and leave out what one of them can't pass on this machine",
    )
    parser.add_argument(
        "--results-dir",
        type=Path,
        default=Path("results/benchmarks"),
        metavar="DIR",
        help="where logs and benchmark.json go (default: results/benchmarks)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
