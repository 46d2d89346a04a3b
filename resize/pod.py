"""A pod in a case's hands: it is resized, watched, and compared with what its version should do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from clusters.api import ApiError
from resize.chain import Chain, ExpectedChain, Mismatch, total_of
from resize.observer import ConformanceError, PodObserver
from resize.recorder import POD_LEVEL
from resize.resources import Resources
from resize.sent import Submitted
from resize.stops import first_of, left_behind, no_image, refused_or_restarted
from resize.waking import woken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clusters.api import KubeApi
    from resize.behaviour import Behaviour
    from resize.cgroup import CgroupReader
    from resize.cgroup_formula import WeightFormula
    from resize.podview import ContainerView, PodView
    from resize.recorder import TimelineRecorder

#: "Done" is one reading in which all layers agree, and that lasts this long: upstream's conditions were seen to go and
#: to come back within a sync (kubernetes#132851). suites/status looks for longer.
STABLE_S = 0.1
#: An image is there already, so a container starts within a second or two; a loaded machine gets this long.
START_DEADLINE_S = 60.0
#: How long a refused request is watched for changes that must not come.
UNCHANGED_FOR_S = 1.0


class ResizablePod:
    """One running pod of a case.

    Attributes:
        wanted: What the spec asks for now, by container name.
        actual: What the node should have applied; trails ``wanted`` while a resize is not granted.
        wanted_pod_level: What the spec asks for the pod as a whole; None if nothing.
        actual_pod_level: And what of that the node should have applied.
        runtime_weight: The formula by which the node's runtime computes ``cpu.weight``; None where it is not known.
    """

    def __init__(
        self,
        api: KubeApi,
        path: str,
        observer: PodObserver,
        behaviour: Behaviour,
        resources: Mapping[str, Resources],
        on_timeline: Callable[[TimelineRecorder], None],
        *,
        runtime_weight: WeightFormula | None = None,
        pod_level: Resources | None = None,
    ) -> None:
        self.api = api
        self.path = path
        self.name = observer.name
        self.observer = observer
        self.behaviour = behaviour
        self.wanted = dict(resources)
        self.actual = dict(resources)
        self.wanted_pod_level = self.actual_pod_level = pod_level
        self.runtime_weight = runtime_weight
        #: How long it is left alone before each resize.
        self.calm_s = 0.0
        #: Whether its kubelet can't resize, and starts a container anew whose resources have changed.
        self.restarts_on_change = False
        self._on_timeline = on_timeline
        #: The timelines of all resizes so far.
        self.timelines: list[TimelineRecorder] = []
        self._restarts: dict[str, int] = {}
        self._ids: dict[str, str] = {}

    @property
    def view(self) -> PodView:
        """The newest pod object."""
        return self.observer.chain().pod

    @property
    def only_container(self) -> ContainerView:
        """The newest view of the pod's only container."""
        (found,) = self.view.containers
        return found

    @property
    def cgroup(self) -> CgroupReader:
        """The cgroup reader of the pod's only container.

        Raises:
            ConformanceError: The container does not run.
            NoNodeAccessError: The node's files can't be read.
        """
        return self.observer.reader(self.only_container.name)

    def until_running(self) -> Chain:
        """Wait until every container runs as created, down to its cgroups where they can be read."""
        __tracebackhide__ = True

        def goal(chain: Chain) -> list[Mismatch]:
            containers = chain.pod.all_containers
            if chain.pod.phase != "Running" or not all(c.state == "running" or c.is_over for c in containers):
                return [Mismatch("phase", chain.pod.phase or "none", "Running, with all containers")]
            if not chain.node_access:
                return []
            read = {**chain.container_cgroups, "the pod": chain.pod_cgroup}
            over = {c.name for c in containers if c.is_over}
            unread = [name for name, reading in read.items() if reading is None and name not in over]
            return [Mismatch(f"cgroup of {name}", "not read yet", "there") for name in unread]

        # The kubelet starts them one after the other.
        deadline_s = START_DEADLINE_S * len(self.wanted)
        chain = self.observer.wait(goal, what=f"pod {self.name} running", deadline_s=deadline_s, stop=no_image)
        self.remember()
        return chain

    def remember(self) -> None:
        """Take the present restart counts and container IDs as those that later readings are compared with."""
        view = self.view
        self._restarts = {c.name: c.restart_count for c in view.all_containers}
        self._ids = {c.name: c.container_id for c in view.all_containers}

    def submit(
        self, patch: Mapping[str, Mapping[str, Any]], *, pod_level: Mapping[str, Any] | None = None
    ) -> Submitted:
        """Send a resize as the pod's version wants it sent, by strategic merge.

        Args:
            patch: Container name, of whatever kind, to ``{"requests": {...}, "limits": {...}}``, each part optional.
            pod_level: The same for the pod as a whole; None leaves it alone.
        """
        body: dict[str, Any] = {} if pod_level is None else {"resources": pod_level}
        for name, part in patch.items():
            is_ordinary = self.view.container(name).kind == "container"
            body.setdefault("containers" if is_ordinary else "initContainers", []).append(
                {"name": name, "resources": part}
            )
        wanted = {name: self.wanted[name].merged_with(part) for name, part in patch.items()}
        whole = None if pod_level is None else (self.wanted_pod_level or Resources()).merged_with(pod_level)
        return self.request(wanted, lambda: self.api.patch(self.resize_path, {"spec": body}), pod_level=whole)

    @property
    def resize_path(self) -> str:
        """Where this version takes resizes: the pod itself, or its subresource."""
        return self.path if self.behaviour.submit.endpoint == "pod" else f"{self.path}/resize"

    def request(
        self, wanted: Mapping[str, Resources], send: Callable[[], object], *, pod_level: Resources | None = None
    ) -> Submitted:
        """Send a resize in any form, and take note of the answer.

        Args:
            wanted: What the spec of each named container will ask for if the API accepts.
            send: Makes the request.
            pod_level: What the spec will ask for the pod as a whole; None if that stays as it is.
        """
        if self.calm_s:
            self.observer.holds(lambda _: [], what=f"pod {self.name} left alone", for_s=self.calm_s)
        everything = {**({} if pod_level is None else {POD_LEVEL: pod_level}), **wanted}
        subject = next(iter(everything))
        seen = self.observer.pod_object is not None
        total = total_of(self.view, {**self.wanted, **wanted}, pod_level or self.wanted_pod_level) if seen else None
        recorder = self.observer.record(subject, everything[subject], total)
        self._on_timeline(recorder)
        self.timelines.append(recorder)
        told = "; ".join(f"{name}: {resources.describe()}" for name, resources in everything.items())
        recorder.mark("request", told, recorder.began)
        error: ApiError | None = None
        try:
            send()
        except ApiError as refusal:
            error = refusal
        answered_s = time.monotonic() - recorder.began
        recorder.mark("answer", "accepted" if error is None else str(error))
        if error is None:
            self.wanted.update(wanted)
            self.wanted_pod_level = pod_level or self.wanted_pod_level
        return Submitted(recorder, answered_s, error)

    def resize(self, wanted: Resources | Mapping[str, Resources], *, pod_level: Resources | None = None) -> Submitted:
        """Ask for new resources and expect the API to take them; the node has yet to apply them.

        Args:
            wanted: Those of the only container, or container name to resources.
            pod_level: Those of the pod as a whole; None leaves them alone.

        Raises:
            ConformanceError: The API refused.
        """
        __tracebackhide__ = True
        by_name = {self.only_container.name: wanted} if isinstance(wanted, Resources) else wanted
        submitted = self.submit(
            {name: resources.to_json() for name, resources in by_name.items()},
            pod_level=None if pod_level is None else pod_level.to_json(),
        )
        if submitted.error is not None:
            raise ConformanceError(
                self.observer.describe(f"The resize was refused: {submitted.error}", self.expected(), [])
            )
        return submitted

    def expected(
        self, *, settled: bool = True, restarts: Mapping[str, int] | None = None, pod_status: bool = False
    ) -> ExpectedChain:
        """What every layer should say now.

        Args:
            settled: Whether the resize must be over.
            restarts: How often each container must have been restarted since :meth:`remember`; none by default, and
                then the container IDs must be the same too.
            pod_status: Whether ``status.resources`` of the pod must be right too.
        """
        changed = restarts or {}
        version, driver = self.observer.layout if self.observer.sees_cgroups else (None, None)
        return ExpectedChain(
            spec=dict(self.wanted),
            actual=dict(self.actual),
            cgroup_version=version,
            cgroup_driver=driver,
            behaviour=self.behaviour,
            settled=settled,
            restart_counts={name: count + changed.get(name, 0) for name, count in self._restarts.items()},
            container_ids={name: known for name, known in self._ids.items() if not changed.get(name)} or None,
            runtime_weight=self.runtime_weight,
            pod_spec=self.wanted_pod_level,
            pod_actual=self.actual_pod_level,
            pod_status=pod_status,
        )

    def settle(
        self,
        *,
        restarts: Mapping[str, int] | None = None,
        deadline_s: float | None = None,
        pod_status: bool = False,
    ) -> Chain:
        """Wait until spec, allocatedResources, status, both cgroup levels and conditions agree on the wanted values.

        Where the node's files can't be read, the cgroups are left out, and the case's verdict says so.

        Args:
            restarts: How often each container must have been restarted; none by default.
            deadline_s: How long from now; the version's time by default.
            pod_status: Whether ``status.resources`` of the pod must agree too.

        Raises:
            ConformanceError: They did not in the version's time, or a container was restarted against its policy.
        """
        __tracebackhide__ = True
        self._take_as_applied()
        expected = self.expected(restarts=restarts, pod_status=pod_status)
        if self.behaviour.status.waits_for_sync and self.observer.sees_cgroups:
            self.applied(restarts=restarts, deadline_s=deadline_s)
        with woken(self):
            chain = self.observer.wait(
                expected.mismatches,
                what=f"resize of pod {self.name} done on every layer",
                deadline_s=deadline_s or self._deadline_s(restarts),
                stop=first_of(
                    refused_or_restarted(expected),
                    left_behind(expected, lambda: self.observer.events, self.observer.pod_cgroup),
                ),
                stable_s=STABLE_S,
                expected=expected,
            )
        self.remember()
        return chain

    def applied(self, *, restarts: Mapping[str, int] | None = None, deadline_s: float | None = None) -> Chain:
        """Wait until both cgroup levels have the wanted values, whatever the status says.

        Raises:
            ConformanceError: They did not in the version's time.
            NoNodeAccessError: The node's files can't be read.
        """
        __tracebackhide__ = True
        self._take_as_applied()
        expected = self.expected(restarts=restarts)
        self.observer.require_cgroups()
        return self.observer.wait(
            expected.cgroup_mismatches,
            what=f"resize of pod {self.name} in the cgroups",
            deadline_s=deadline_s or self._deadline_s(restarts),
            stop=refused_or_restarted(expected),
            expected=expected,
        )

    def _deadline_s(self, restarts: Mapping[str, int] | None) -> float:
        """By when a resize is done: the version's time, and what each container takes that is started anew."""
        return self.behaviour.status.settle_deadline_s + START_DEADLINE_S * sum((restarts or {}).values())

    def _take_as_applied(self) -> None:
        """From now on the node should have applied all that is wanted."""
        self.actual = dict(self.wanted)
        self.actual_pod_level = self.wanted_pod_level

    def unchanged(self, *, for_s: float = UNCHANGED_FOR_S, settled: bool = True) -> Chain:
        """Watch that nothing changes: not the spec, not the status, no cgroup, no restart.

        Raises:
            ConformanceError: Something did.
        """
        __tracebackhide__ = True
        expected = self.expected(settled=settled)
        return self.observer.holds(
            expected.mismatches, what=f"pod {self.name} unchanged", for_s=for_s, expected=expected
        )
