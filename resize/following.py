"""One pod that is followed: the watch's newest object and events, the node's newest cgroup readings, and a timeline."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from resize.history import History
from resize.podview import PodView
from resize.recorder import TimelineRecorder
from resize.sampler import CgroupSampler
from resize.watch import ObjectWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters.api import KubeApi
    from clusters.contract import Node
    from resize.cgroup import CgroupReading
    from resize.resources import Resources


class PodFollower:
    """Knows the newest of one pod until closed; its condition ``_changed`` tells whenever anything is new.

    Args:
        api: The cluster's API.
        node: The pod's node; None where no node's files can be read, so that the API's layers are all there is to see.
        pods_path: The collection that the pod is in.
        events_path: And that of its events.
        name: The pod's name.
    """

    def __init__(self, api: KubeApi, node: Node | None, pods_path: str, events_path: str, name: str) -> None:
        self.name = name
        self._began = time.monotonic()
        self._changed = threading.Condition()
        self._object: dict[str, Any] | None = None
        self._view: PodView | None = None
        self._deleted = False
        self._failure: Exception | None = None
        self._readings: dict[str | None, CgroupReading | None] = {}
        self._recorder: TimelineRecorder | None = None
        self.events: list[dict[str, Any]] = []
        self.history = History()
        self._sampler = (
            CgroupSampler(node, on_change=self._on_cgroup, on_usage=self._on_usage, on_failure=self._on_failure)
            if node is not None
            else None
        )
        self._watches = [
            ObjectWatch(api, pods_path, f"metadata.name={name}", self._on_pod, self._on_failure),
            ObjectWatch(api, events_path, f"involvedObject.name={name}", self._on_event, self._on_failure),
        ]

    def start(self) -> None:
        """Begin to watch and to read cgroups."""
        for watch in self._watches:
            watch.start()
        if self._sampler is not None:
            self._sampler.start()

    def close(self) -> None:
        """Stop; what was recorded stays."""
        for watch in self._watches:
            watch.close()
        if self._sampler is not None:
            self._sampler.close()

    @contextmanager
    def bearing_outage(self) -> Iterator[None]:
        """For the body the API server may be away: what was seen last stands, and cgroups are read on."""
        for watch in self._watches:
            watch.bear_outage(on=True)
        try:
            yield
        finally:
            for watch in self._watches:
                watch.bear_outage(on=False)

    def record(self, container: str, wanted: Resources, total: Resources | None = None) -> TimelineRecorder:
        """Begin a new timeline, which everything from now on goes into; call right before the request.

        Args:
            container: Whose layers it shows, or :data:`resize.recorder.POD_LEVEL`.
            wanted: What is asked for there.
            total: What the pod's cgroup is to have then; None where it is not known.
        """
        if self._sampler is not None:
            self._sampler.hurry()
        with self._changed:
            recorder = TimelineRecorder(self.name, container, wanted, total)
            if self._view is not None:
                recorder.pod(self._view, recorder.began)
            for name, reading in self._readings.items():
                if name in {None, container}:
                    recorder.cgroup("pod" if name is None else "container", reading, recorder.began)
            self._recorder = recorder
        return recorder

    @property
    def sees_cgroups(self) -> bool:
        """Whether the node's files can be read."""
        return self._sampler is not None

    def note(self, text: str) -> None:
        """Put a remark into the present timeline."""
        with self._changed:
            if self._recorder is not None:
                self._recorder.mark("note", text)

    def _on_pod(self, kind: str, document: dict[str, Any], at: float) -> None:
        view = PodView.of(document)
        with self._changed:
            self._object, self._view, self._deleted = document, view, kind == "DELETED"
            self.history.pod(document, view)
            if self._recorder is not None:
                self._recorder.pod(view, at)
            self._changed.notify_all()
        if self._sampler is not None:
            self._sampler.follow(
                view.uid,
                {c.name: c.container_id for c in view.all_containers if c.state == "running"},
                any_ended=any(c.container_id and c.state != "running" for c in view.all_containers),
            )

    def _on_event(self, kind: str, document: dict[str, Any], at: float) -> None:
        if kind == "DELETED":
            return
        with self._changed:
            self.events.append(document)
            if self._recorder is not None and document["reason"].startswith(("Resize", "Killing", "Back", "Fail")):
                self._recorder.mark("event", f"{document['reason']}: {document['message']}", at)
            self._changed.notify_all()

    def _on_cgroup(self, container: str | None, reading: CgroupReading | None, at: float) -> None:
        with self._changed:
            self._readings[container] = reading
            self.history.cgroup(container, reading)
            recorder = self._recorder
            if recorder is not None and container in {None, recorder.timeline.container}:
                recorder.cgroup("pod" if container is None else "container", reading, at)
            self._changed.notify_all()

    def _on_usage(self, milli: float, at: float) -> None:
        with self._changed:
            if self._recorder is not None:
                self._recorder.usage(milli, at)

    def _on_failure(self, error: Exception) -> None:
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()
