"""A pod under observation without a cluster: tests bring its objects, cgroup readings and events themselves."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from resize.behaviour import Behaviour
from resize.observer import PodObserver
from resize.pod import ResizablePod
from resize.resources import Resources
from tests.resize.api_of_objects import ApiOfObjects
from tests.resize.containers_of_node import NodeOfContainers
from tests.resize.pod_objects import FIRST_ID, pod_object
from tests.resize.readings import reading

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = Resources.guaranteed(cpu="100m", memory="64Mi")
NEW = Resources.guaranteed(cpu="200m", memory="128Mi")


class ObservedPod:
    """An observer that was never started, and a pod in its hands."""

    def __init__(self, version: str = "1.37", resources: Resources = OLD) -> None:
        self.api = ApiOfObjects()
        self.node = NodeOfContainers()
        self.observer = PodObserver(self.api, self.node, "/pods", "/events", "idle")
        self.pod = ResizablePod(
            self.api,
            "/pods/idle",
            self.observer,
            Behaviour.for_version(version),
            {"stress": resources},
            self.observer_timelines_append,
        )
        self.handed_out: list[object] = []
        self._timers: list[threading.Timer] = []

    def observer_timelines_append(self, recorder: object) -> None:
        self.handed_out.append(recorder)

    def run(self, resources: Resources = OLD) -> ResizablePod:
        """The pod once it runs with these resources on every layer; its node knows the layout."""
        self.node.start(FIRST_ID, resources)
        self.observer._cgroups.follow("31ac1e5a", {"stress": FIRST_ID}, any_ended=False)
        self.observer._cgroups._find_readers()
        self.show(pod_object(resources))
        self.cgroups(resources)
        self.pod.remember()
        return self.pod

    def show(self, document: dict[str, Any], kind: str = "MODIFIED") -> None:
        """Let the watch bring a pod object."""
        self.observer._on_pod(kind, document, time.monotonic())

    def cgroups(self, container: Resources, pod: Resources | None = None) -> None:
        """Let the sampler bring readings that are right for these resources."""
        self.observer._on_cgroup("stress", reading(container), time.monotonic())
        self.observer._on_cgroup(None, reading(pod or container, "pod"), time.monotonic())

    def grant(self, resources: Resources, **pod: Any) -> None:
        """Every layer at once."""
        self.cgroups(resources)
        self.show(pod_object(resources, **pod))

    def tell(self, reason: str, message: str = "") -> None:
        """Let the watch bring an event."""
        self.observer._on_event("ADDED", {"reason": reason, "message": message, "type": "Normal"}, time.monotonic())

    def fail(self, error: Exception) -> None:
        """Let the watch fail."""
        self.observer._on_failure(error)

    def soon(self, act: Callable[[], object], after_s: float = 0.05) -> None:
        """Do something while the test waits."""
        timer = threading.Timer(after_s, act)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def close(self) -> None:
        """End the threads that tests began."""
        for timer in self._timers:
            timer.cancel()
            timer.join(5)
