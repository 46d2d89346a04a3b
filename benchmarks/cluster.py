"""The cluster that both sides run on: a local one whose API server keeps an audit log, with e2e.test's image."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.audit import POLICY, AuditLog
from clusters.components.resolver import ComponentResolver
from clusters.contract import ClusterError, ClusterRecord, ClusterRequest
from clusters.local.mounts import LOG_DIRECTORY
from clusters.phases import describe
from clusters.providers import local_provider
from resize.behaviour import Behaviour

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from clusters.progress import Progress
    from clusters.variants import Platform
    from clusters.versions import KubeVersion

_LOG, _POLICY = "audit.log", "audit-policy.yaml"
#: What a cluster's processes see in these folders is the cluster's own (clusters/local/mounts.py).
_HIDDEN = ("/var", "/run")


@dataclass(frozen=True, slots=True)
class BenchmarkCluster:
    """A running cluster."""

    record: ClusterRecord
    gates: Mapping[str, bool]
    audit: AuditLog


@contextmanager
def cluster(
    version: KubeVersion,
    platform: Platform,
    gates: Mapping[str, bool],
    images: Sequence[str],
    folder: Path,
    progress: Progress,
) -> Iterator[BenchmarkCluster]:
    """A cluster for the body.

    Args:
        version: Patch included.
        platform: The kind of node.
        gates: On top of those that resizing needs.
        images: The names that e2e.test calls its image by; no registry is contacted.
        folder: For logs and everything else that is written.
        progress: Where to tell what goes on.

    Raises:
        ClusterError: It did not come up.
    """
    needed = {**dict.fromkeys(Behaviour.for_version(version).release.gates, True), **gates}
    logs = folder / "logs"
    logs.mkdir(parents=True)
    (logs / _POLICY).write_text(POLICY, encoding="utf-8")
    apiserver = ComponentResolver(progress=progress).resolve(version, ["kube-apiserver"])["kube-apiserver"].path
    components = folder / "components"
    components.mkdir()
    _write_wrapper(components / "kube-apiserver", apiserver)
    provider = local_provider(ComponentResolver(components_dir=components, progress=progress), progress)
    request = ClusterRequest(
        kube_version=version,
        name=f"benchmark-{folder.name}",
        log_directory=logs,
        feature_gates=needed,
        metrics=False,
        node=platform.node,
        cgroup_version=platform.cgroup_version or None,
    )
    record = provider.create(request, progress)
    progress.say(f"cluster {record.name} is ready after {describe(record.phases_s)}")
    try:
        for node in provider.nodes(record):
            # A stand-in for upstream's busybox: the suite's own image, which has Debian's.
            node.run(["ctr", "-n", "k8s.io", "images", "tag", record.stress_image, *images])
        yield BenchmarkCluster(record, needed, AuditLog(logs / _LOG))
    finally:
        provider.destroy(record)


def _write_wrapper(path: Path, apiserver: Path) -> None:
    """A kube-apiserver with an audit log, to be found in a folder of components."""
    if str(apiserver).startswith(_HIDDEN):
        raise ClusterError(f"{apiserver} is not seen from within a cluster; set RESIZE_CONFORMANCE_CACHE to elsewhere")
    log = [f"--audit-policy-file={LOG_DIRECTORY}/{_POLICY}", f"--audit-log-path={LOG_DIRECTORY}/{_LOG}"]
    script = f'#!/bin/sh\n[ "$1" = --version ] || set -- "$@" {shlex.join(log)}\nexec {apiserver} "$@"\n'
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)
