"""What Kubernetes itself takes: the suite's own pods, resizes and deletions once more, with nothing but waits between.

The requests are taken from the API server's audit log of a run of the suite. A namespace is a case; as many of them go
on at a time as the suite had workers. Nobody waits here between a pod's start and its resize, so a case may meet a race
of the kubelet's that the suite did not; it is done again, and what it took before is not counted.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from clusters.api import STRATEGIC_MERGE, ApiError, KubeApi
from clusters.contract import ClusterError
from resize.podview import PodView

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.audit import Request

Kind = Literal["start", "resize", "delete"]
#: As long as the suite gives a pod to start.
_DEADLINE_S = 60.0
#: For how many seconds each try at a case leaves its pod alone before each resize; they are not counted.
_CALM_S = (0.0, 1.0, 5.0)
#: The log does not tell a patch's content type, but a list is a patch of this one.
_JSON_PATCH = "application/json-patch+json"


@dataclass(frozen=True, slots=True)
class Step:
    """One request to send again.

    Attributes:
        kind: Whether it starts a pod or resizes one.
        pod: The pod's name.
        body: What was sent.
        accepted: Whether the server took it; else there is nothing to wait for.
    """

    kind: Kind
    pod: str
    body: Any
    accepted: bool


@dataclass(frozen=True, slots=True)
class Floor:
    """What Kubernetes took.

    Attributes:
        took_s: Seconds in all, by kind of step.
        steps: How many steps there were, by kind.
        at_a_time: How many cases went on at a time.
        done_again: Why cases were done once more: which pod did not answer.
    """

    took_s: Mapping[Kind, float]
    steps: Mapping[Kind, int]
    at_a_time: int = 1
    done_again: Sequence[str] = ()

    @property
    def least_s(self) -> float:
        """Seconds that no suite with as many workers could go below."""
        return sum(self.took_s.values()) / self.at_a_time


class NoAnswerError(ClusterError):
    """A pod that does not get where it got before."""


def script(requests: Iterable[Request]) -> list[list[Step]]:
    """The steps of each case that left requests in the audit log."""
    cases: dict[str, list[Step]] = {}
    for request in requests:
        match request.verb, request.resource:
            case "create", "pods":
                step = Step("start", request.body["metadata"]["name"], request.body, request.code < 400)
            case "patch", "pods/resize":
                step = Step("resize", request.name, request.body, request.code < 400)
            case _:
                continue
        cases.setdefault(request.namespace, []).append(step)
    return list(cases.values())


def replay(kubeconfig: str, cases: Sequence[Sequence[Step]], *, at_a_time: int) -> Floor:
    """Send everything again.

    Raises:
        ClusterError: In each of three tries a pod does not get where it got before.
    """
    api = KubeApi(kubeconfig)
    # Beforehand, as making a namespace is not counted.
    namespaces = [_namespace(api) for _ in cases]
    done_again: list[str] = []

    def case(namespace: str, steps: Sequence[Step]) -> list[tuple[Kind, float]]:
        for calm_s in _CALM_S[:-1]:
            try:
                return _case(api, namespace, steps, calm_s=calm_s)
            except NoAnswerError as error:
                done_again.append(f"{namespace}: {error}")
                # At once: a pod that crashes again and again slows down the cases that are still to come.
                api.delete(f"/api/v1/namespaces/{namespace}")
                # Who deletes one that is being deleted gets HTTP 409.
                namespaces.remove(namespace)
                namespace = _namespace(api)
                namespaces.append(namespace)
        return _case(api, namespace, steps, calm_s=_CALM_S[-1])

    try:
        with ThreadPoolExecutor(max_workers=at_a_time) as threads:
            found = list(threads.map(case, tuple(namespaces), cases))
    finally:
        for namespace in namespaces:
            api.delete(f"/api/v1/namespaces/{namespace}")
    return summed([lap for laps in found for lap in laps], at_a_time, done_again)


def summed(laps: Sequence[tuple[Kind, float]], at_a_time: int = 1, done_again: Sequence[str] = ()) -> Floor:
    """What the laps took together, by kind."""
    took_s: dict[Kind, float] = defaultdict(float)
    for kind, seconds in laps:
        took_s[kind] += seconds
    # Plain ones: dataclasses.asdict would make a Counter of a Counter's pairs.
    return Floor(dict(took_s), dict(Counter(kind for kind, _ in laps)), at_a_time, list(done_again))


def _namespace(api: KubeApi) -> str:
    name = f"floor-{secrets.token_hex(4)}"
    api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    # The controller manager may have been quicker.
    with suppress(ApiError):
        api.create(f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})
    return name


def _case(api: KubeApi, namespace: str, steps: Sequence[Step], *, calm_s: float) -> list[tuple[Kind, float]]:
    """Each step's kind and seconds. Pods are deleted as the suite does it, without waiting for the node."""
    pods = f"/api/v1/namespaces/{namespace}/pods"
    laps: list[tuple[Kind, float]] = []
    for step in steps:
        if step.kind == "resize":
            time.sleep(calm_s)
        begun = time.monotonic()
        _repeat(api, pods, step)
        laps.append((step.kind, time.monotonic() - begun))
    for name in dict.fromkeys(step.pod for step in steps if step.kind == "start" and step.accepted):
        begun = time.monotonic()
        api.delete(f"{pods}/{name}", grace_period_s=0)
        laps.append(("delete", time.monotonic() - begun))
    return laps


def _repeat(api: KubeApi, pods: str, step: Step) -> None:
    """Send a request again and wait until the node has answered it."""
    try:
        sent = _send(api, pods, step)
    except ApiError as error:
        if step.accepted:
            raise ClusterError(f"what was accepted before is not any more: {error}") from error
        return
    goal = runs if step.kind == "start" else answered
    selector = f"metadata.name={step.pod}"
    version = sent["metadata"]["resourceVersion"]
    for event in api.watch(pods, timeout_s=_DEADLINE_S, fieldSelector=selector, resourceVersion=version):
        pod = PodView.of(event["object"])
        if goal(pod):
            return
        if step.kind == "resize" and any(c.reason == "CrashLoopBackOff" for c in pod.all_containers):
            raise NoAnswerError(f"pod {step.pod}: a container does not start again after a resize: CrashLoopBackOff")
    raise NoAnswerError(f"pod {step.pod}: no end of {step.kind} within {_DEADLINE_S:.0f} s")


def _send(api: KubeApi, pods: str, step: Step) -> dict[str, Any]:
    if step.kind == "start":
        # The body names the namespace that it was sent to.
        return api.create(pods, {**step.body, "metadata": {**step.body["metadata"], "namespace": None}})
    kind = _JSON_PATCH if isinstance(step.body, list) else STRATEGIC_MERGE
    return api.patch(f"{pods}/{step.pod}/resize", step.body, content_type=kind)


def runs(pod: PodView) -> bool:
    """Whether a pod has started."""
    return pod.phase == "Running" and all(c.state == "running" or c.is_over for c in pod.all_containers)


def answered(pod: PodView) -> bool:
    """Whether the node has done what the spec asks for, or has said why it won't now."""
    if pod.observed_generation is not None and pod.observed_generation < pod.generation:
        return False
    if not pod.resize.settled:
        return pod.resize.word in {"Deferred", "Infeasible", "Error"}
    return runs(pod) and all(c.status in {c.spec, None} for c in pod.all_containers if not c.is_over)
