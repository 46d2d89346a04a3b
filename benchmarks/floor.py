"""What Kubernetes itself takes: the suite's own pods, resizes and deletions once more, with nothing but waits between.

The requests are taken from the API server's audit log of a run of the suite. A namespace is a case; as many of them go
on at a time as the suite had workers.
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
    """Seconds that Kubernetes took, in all and for each kind of step, and how many steps there were."""

    wall_s: float
    took_s: Mapping[Kind, float]
    steps: Mapping[Kind, int]


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
        ClusterError: A pod does not get where it got before.
    """
    api = KubeApi(kubeconfig)
    namespaces = [_namespace(api) for _ in cases]
    begun = time.monotonic()
    with ThreadPoolExecutor(max_workers=at_a_time) as threads:
        found = list(threads.map(lambda pair: _case(api, *pair), zip(namespaces, cases, strict=True)))
    wall_s = time.monotonic() - begun
    for name in namespaces:
        api.delete(f"/api/v1/namespaces/{name}")
    return summed(wall_s, [lap for laps in found for lap in laps])


def summed(wall_s: float, laps: Sequence[tuple[Kind, float]]) -> Floor:
    """What the laps took together, by kind."""
    took_s: dict[Kind, float] = defaultdict(float)
    for kind, seconds in laps:
        took_s[kind] += seconds
    # Plain ones: dataclasses.asdict would make a Counter of a Counter's pairs.
    return Floor(wall_s, dict(took_s), dict(Counter(kind for kind, _ in laps)))


def _namespace(api: KubeApi) -> str:
    name = f"floor-{secrets.token_hex(4)}"
    api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    # The controller manager may have been quicker.
    with suppress(ApiError):
        api.create(f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})
    return name


def _case(api: KubeApi, namespace: str, steps: Sequence[Step]) -> list[tuple[Kind, float]]:
    """Each step's kind and seconds. Pods are deleted as the suite does it, without waiting for the node."""
    pods = f"/api/v1/namespaces/{namespace}/pods"
    laps: list[tuple[Kind, float]] = []
    for step in steps:
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
        if goal(PodView.of(event["object"])):
            return
    raise ClusterError(f"pod {step.pod}: no end of {step.kind} within {_DEADLINE_S:.0f} s")


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
