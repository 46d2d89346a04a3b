"""A plugin of pytest (``-p benchmarks.attach``): runs chosen cases on a cluster that is up already, and times them.

It is told what to do by a file that the environment names, as the workers of pytest-xdist inherit that too.
"""

from __future__ import annotations

import json
import os
import resource
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clusters.contract import ClusterError, ClusterRecord
from clusters.local.onhost import OnHost
from clusters.local.provider import LocalProvider
from clusters.uml.machine import InMachine
from fixtures import run
from fixtures.markers import CROWDED, why_not_applicable

if TYPE_CHECKING:
    from clusters.components.resolver import ComponentResolver
    from clusters.contract import ClusterRequest
    from clusters.progress import Progress
    from clusters.variants import ClusterKey

#: Names the file: ``{"folder": where notes go, "wanted": ids or null for all, "record": the cluster's or null}``.
SETTINGS_VARIABLE = "RESIZE_BENCHMARK_SETTINGS"
#: What is written into the folder: ids of the cases that were collected; each case's seconds and failure; memory.
IDS, CASES, MEMORY = "ids.json", "cases.json", "memory-{}.json"
_PROPERTY = "upstream"


class AttachedProvider(LocalProvider):
    """The local provider of one cluster that somebody else started and will end."""

    def __init__(self, resolver: ComponentResolver, progress: Progress, record: ClusterRecord) -> None:
        super().__init__(resolver, (OnHost(), InMachine(resolver, progress)))
        self._record = record

    def create(self, request: ClusterRequest, progress: Progress) -> ClusterRecord:
        """The cluster that is there."""
        if str(request.kube_version) != self._record.kube_version:
            raise ClusterError(f"{self._record.name} has Kubernetes {self._record.kube_version}")
        progress.say(f"{self._record.name} is up already")
        return self._record

    def destroy(self, record: ClusterRecord, *, keep: bool = False) -> None:
        """Leave it alone."""


class Notes:
    """Chooses cases, and writes down what became of them."""

    def __init__(self, folder: Path, wanted: list[str] | None) -> None:
        self._folder = folder
        self._wanted = wanted
        self._took_s: dict[str, float] = defaultdict(float)
        self._ids: dict[str, list[str]] = {}
        self._failures: dict[str, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out every case that has no meaning here, or stands for none of those that are wanted."""
        kept = []
        for item in items:
            ids = [str(case_id) for marker in item.iter_markers("upstream") for case_id in marker.args]
            if _is_for_here(item) and ids and (self._wanted is None or not set(ids).isdisjoint(self._wanted)):
                item.user_properties.append((_PROPERTY, ids))
                self._ids[item.nodeid] = ids
                kept.append(item)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add a phase of a case; what a worker ran comes here too."""
        ids = dict(report.user_properties).get(_PROPERTY)
        if not isinstance(ids, list):
            return
        self._ids[report.nodeid] = ids
        self._took_s[report.nodeid] += report.duration
        if report.failed or report.skipped:
            self._failures.setdefault(report.nodeid, f"{report.when}: {report.longreprtext.strip()}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write everything down."""
        worker: dict[str, Any] | None = getattr(session.config, "workerinput", None)
        peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self._write(MEMORY.format(worker["workerid"] if worker else "main"), {"peak_mib": peak_kib / 1024})
        if worker is None:
            self._write(IDS, self._ids)
            self._write(
                CASES,
                [
                    {"ids": self._ids[node_id], "took_s": took_s, "failure": self._failures.get(node_id)}
                    for node_id, took_s in self._took_s.items()
                ],
            )

    def _write(self, name: str, document: object) -> None:
        (self._folder / name).write_text(json.dumps(document, indent=1), encoding="utf-8")


def _is_for_here(item: pytest.Item) -> bool:
    """Whether a case has a meaning on such a cluster, which is a standard one but for metrics-server."""
    callspec = getattr(item, "callspec", None)
    key: ClusterKey | None = callspec.params.get("cluster_key") if callspec else None
    if key is None or key.variant not in {"standard", CROWDED}:
        return False
    cgroup_version = key.platform.cgroup_version or None
    markers = list(item.iter_markers())
    if any(marker.name == "metrics_api" for marker in markers):
        return False
    return why_not_applicable(markers, version=key.kube_version, cgroup_version=cgroup_version) is None


def _attach(record: ClusterRecord) -> None:
    """When this is imported, not in a hook: the run's own hooks come first, and would bring up a cluster."""

    def attached(resolver: ComponentResolver, progress: Progress, **_: object) -> LocalProvider:
        return AttachedProvider(resolver, progress, record)

    run.__dict__["local_provider"] = attached


def pytest_configure(config: pytest.Config) -> None:
    """Take part in the run."""
    config.pluginmanager.register(Notes(Path(_SETTINGS["folder"]), _SETTINGS["wanted"]))


_SETTINGS: dict[str, Any] = {"record": None}
if SETTINGS_VARIABLE in os.environ:
    _SETTINGS = json.loads(Path(os.environ[SETTINGS_VARIABLE]).read_text(encoding="utf-8"))
if _SETTINGS["record"] is not None:
    _attach(ClusterRecord.from_json(_SETTINGS["record"]))
