"""The clusters of one run: each is brought up when it is first asked for, once, and all are taken down at the end.

The pool lives in the process that pytest was started in. Workers of pytest-xdist reach it by :mod:`clusters.handover`.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from clusters.contract import ClusterError, ClusterRecord, ClusterRequest, NotInTimeError
from clusters.gates import common_gates, component_gates
from clusters.health import Vigil
from clusters.phases import describe
from clusters.skew import kubelet_version
from clusters.variants import VARIANTS, ClusterKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from clusters.contract import Provider
    from clusters.progress import Progress

#: How much of a cluster's label goes into its name: "system:node:resize-052057-f187-" and "-node-2" take the rest.
_LABEL_LENGTH = 26


class ClusterPool:
    """Starts clusters, two at a time, and hands out their records.

    Args:
        provider: Makes the clusters.
        planned: The standard clusters of the run; asking for one starts the rest too, as they will be asked for.
        run_id: Goes into the clusters' names.
        results: The run's folder, for the components' logs.
        feature_gates: Gates from the user, on top of those that the versions need.
        may_remove: Whether a cluster may go before the run ends, once no case needs it.
        nodes: How many nodes each cluster has.
        progress: Where to tell what goes on.
    """

    def __init__(
        self,
        provider: Provider,
        planned: Sequence[ClusterKey],
        *,
        run_id: str,
        results: Path,
        feature_gates: Mapping[str, bool],
        may_remove: bool,
        nodes: int,
        progress: Progress,
    ) -> None:
        self._provider = provider
        self._planned = list(planned)
        self._run_id = run_id
        self._results = results
        self._user_gates = dict(feature_gates)
        self._may_remove = may_remove
        self._nodes = nodes
        self._progress = progress
        self._lock = threading.Lock()
        self._futures: dict[ClusterKey, Future[ClusterRecord]] = {}
        self._done: Counter[ClusterKey] = Counter()
        self._removed: set[ClusterKey] = set()
        self.vigil = Vigil(provider)
        # Two side by side are both ready after 4.6 s, one after the other after 6.4 s (measured on two cores).
        self._starter = ThreadPoolExecutor(max_workers=2, thread_name_prefix="clusters")

    def get(self, key: ClusterKey) -> ClusterRecord:
        """The running cluster for a key; brings it up if nobody asked for it before.

        Raises:
            ClusterError: It did not come up; every call says so again, without a new attempt. One that was not there in
                time has been tried twice.
        """
        with self._lock:
            for wanted in [key, *(self._planned if key in self._planned else [])]:
                if wanted not in self._futures:
                    self._futures[wanted] = self._starter.submit(self._create, wanted)
            future = self._futures[key]
        return future.result()

    def release(self, key: ClusterKey, *, cases: int) -> None:
        """Say that a case is done with a cluster; a variant goes with the last of its cases, to save the host's means.

        Args:
            key: The cluster's.
            cases: How many cases of this run use it.
        """
        if key in self._planned or not self._may_remove:
            return
        with self._lock:
            self._done[key] += 1
            future = self._futures.get(key)
            if self._done[key] != cases or future is None or key in self._removed:
                return
            self._removed.add(key)
        if future.exception() is None:
            self.vigil.end(key, future.result())
            self._provider.destroy(future.result())

    def outcomes(self) -> dict[ClusterKey, ClusterRecord | ClusterError]:
        """What became of every cluster that was asked for and has been finished."""
        found: dict[ClusterKey, ClusterRecord | ClusterError] = {}
        for key, future in self._futures.items():
            if future.done() and not future.cancelled():
                error = future.exception()
                if error is None:
                    found[key] = future.result()
                elif isinstance(error, ClusterError):
                    found[key] = error
        return found

    def gates(self, key: ClusterKey) -> dict[str, bool]:
        """The feature gates that most of a cluster's components are started with."""
        return {**common_gates(key), **self._user_gates}

    def close(self, *, keep: bool) -> None:
        """Take every cluster down, or let go of them and say how to reach them."""
        with self._lock:
            self._starter.shutdown(wait=False, cancel_futures=True)
            futures = dict(self._futures)
        for key, future in futures.items():
            if future.cancelled() or key in self._removed:
                continue
            try:
                record = future.result()
            except ClusterError:
                continue
            self.vigil.end(key, record)
            with self._progress.step(f"cluster {key.label}: {'letting go' if keep else 'removing'}"):
                self._provider.destroy(record, keep=keep)
            # A cluster that was there before the run is not the run's to keep.
            if keep and record.provider != "existing":
                self._progress.say(f"kept cluster {record.name}; remove it with `python -m clusters rm {record.name}`")
                self._progress.say(f"  export KUBECONFIG={record.kubeconfig}")
        self._starter.shutdown(wait=True)

    def _create(self, key: ClusterKey) -> ClusterRecord:
        variant = VARIANTS[key.variant]
        request = ClusterRequest(
            kube_version=key.kube_version,
            name=_name(self._run_id, key),
            log_directory=self._results / "logs" / key.label.replace(" ", "-"),
            feature_gates=self.gates(key),
            component_gates={name: {**gates, **self._user_gates} for name, gates in component_gates(key).items()},
            kubelet_version=kubelet_version(key),
            runtime=key.runtime,
            more_apis=variant.more_apis,
            kubelet_configuration=variant.kubelet_configuration,
            metrics=variant.metrics,
            node=key.platform.node,
            cgroup_version=key.platform.cgroup_version or None,
            nodes=self._nodes,
            cpus=variant.cpus,
        )
        progress = self._progress.under(f"Kubernetes {key.label}")
        try:
            with progress.step("bringing the cluster up"):
                record = self._created(request, progress)
        except ClusterError as error:
            progress.say(str(error))
            raise
        progress.say(f"ready after {describe(record.phases_s)}")
        self.vigil.begin(key, record)
        return record

    def _created(self, request: ClusterRequest, progress: Progress) -> ClusterRecord:
        """The cluster, by a second attempt if it was not there in time.

        That says nothing about resizing yet, and all cases of the cluster would go without a verdict; both attempts are
        told and keep their logs. A component that ended would end again.
        """
        begun = time.monotonic()
        try:
            return self._provider.create(request, progress)
        except NotInTimeError as error:
            progress.say(f"{error}\nIt is tried once more.")
        failed_s = round(time.monotonic() - begun, 3)
        second = request.log_directory.with_name(f"{request.log_directory.name}-second-attempt")
        record = self._provider.create(replace(request, log_directory=second), progress)
        return replace(record, phases_s={"an attempt that failed": failed_s, **record.phases_s})


def _name(run_id: str, key: ClusterKey) -> str:
    """The cluster's name, unique on this host.

    A node's name goes into certificates, whose names have 64 characters at most: the run's day is left out, and of a
    long label all but its beginning.
    """
    label = re.sub(r"[ .@]", "-", key.label)
    if len(label) > _LABEL_LENGTH:
        label = f"{label[: _LABEL_LENGTH - 7]}-{hashlib.sha256(label.encode()).hexdigest()[:6]}"
    return f"resize-{run_id.split('-', 1)[-1]}-{label}"
