"""How often events tell of a pod's resizes, and of which pod's first."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from resize.answers import ANSWER_DEADLINE_S, HOLDS_FOR_S
from resize.chain import Chain, Mismatch
from resize.conditions import sync
from resize.observer import ConformanceError
from resize.resources import Resources
from resize.restarts import resize_events
from resize.waking import wake

if TYPE_CHECKING:
    from resize.pod import ResizablePod

#: Of a resize that waits.
_PENDING: Final = frozenset({"ResizeDeferred", "ResizeInfeasible"})
#: It comes with each new text, in which figures may differ (status_manager.go v1.37.2 SetPodResizeInProgressCondition).
_ERROR: Final = "ResizeError"
_COMPLETED: Final = "ResizeCompleted"
#: By then the kubelet, which asks the runtime each second, has taken its last look at a pod that has just started. A
#: resize before that may be told of as done too early, which has a case of its own (KI-COMPLETED-TOO-EARLY).
START_OVER_S: Final = 3.0
#: The kubelet takes the first change up at once, a second one with its next look at the runtime, within a second; the
#: others are there for slow machines, on which the first is still being taken up when the second comes.
_CHANGES: Final = 5


def assert_told(pod: ResizablePod, **times: int) -> None:
    """Check that events have told of the pod's resizes just so often, and do not tell again with a sync of the pod.

    Args:
        pod: The pod.
        times: See :func:`differences`.

    Raises:
        ConformanceError: An event is missing, or came too often.
    """
    __tracebackhide__ = True

    def goal(_: Chain) -> list[Mismatch]:
        return differences(pod, **times)

    pod.observer.wait(goal, what=f"events about resizes of pod {pod.name}", deadline_s=ANSWER_DEADLINE_S)
    sync(pod)
    pod.observer.holds(goal, what=f"no more events about resizes of pod {pod.name}", for_s=HOLDS_FOR_S)


def resize_amid_changes(pod: ResizablePod, *turns: Resources) -> None:
    """Change a pod's annotation several times and resize it right then; once for each of ``turns``, until each is done.

    Raises:
        ConformanceError: A resize was told to be complete more than once.
    """
    __tracebackhide__ = True
    for wanted in turns:
        _resize_amid_changes(pod, wanted)


def _resize_amid_changes(pod: ResizablePod, wanted: Resources) -> None:
    __tracebackhide__ = True
    told_before = len(_texts(pod, _COMPLETED))
    for _ in range(_CHANGES):
        wake(pod)
    pod.resize(wanted)
    pod.settle()

    def goal(_: Chain) -> list[Mismatch]:
        texts = _texts(pod, _COMPLETED)[told_before:]
        if any(_values(text) == pod.wanted for text in texts):
            return []
        return [Mismatch(f"events {_COMPLETED}", "; ".join(texts) or "none", "one with the new values")]

    pod.observer.wait(goal, what=f"event {_COMPLETED} of pod {pod.name}", deadline_s=ANSWER_DEADLINE_S)
    number = len(_texts(pod, _COMPLETED)) - told_before
    if number != 1:
        wrong = Mismatch(f"events {_COMPLETED}", _account(pod, _COMPLETED, number, 1, since=told_before), "1")
        raise ConformanceError(pod.observer.describe("A resize was told to be done too often.", None, [wrong]))


def assert_told_first(pod: ResizablePod, reason: str, *, before: ResizablePod) -> None:
    """Check that the first event about a resize of a pod is this one, and that it came before any of another pod.

    The kubelet writes its events one after the other, so the versions of their objects tell the order.

    Raises:
        ConformanceError: It is another, or the other pod's was first.
    """
    __tracebackhide__ = True
    (version, first), (other_version, other) = _first(pod), _first(before)
    if first != reason or other_version < version:
        when = "after" if other_version < version else "before"
        told = f"the first event of pod {pod.name} is {first}, {when} the first one of pod {before.name}, {other}"
        order = f"{reason}, before it"
        raise ConformanceError(pod.observer.describe(f"By their versions {told}; expected {order}.", None, []))


def _first(pod: ResizablePod) -> tuple[float, str]:
    events = [event for event in pod.observer.events if event["reason"].startswith("Resize")]
    told = [(float(event["metadata"]["resourceVersion"]), event["reason"]) for event in events]
    return min(told, default=(math.inf, "none"))


def differences(pod: ResizablePod, **times: int) -> list[Mismatch]:
    """What is wrong about how often events have told of the pod's resizes up to now.

    Args:
        pod: The pod.
        times: How often by reason. Those that the version does not have must not be there; those of a resize that
            waits may come again where the version tells of it with each sync, and errors where they have a new text.
    """
    told = resize_events(pod)
    found = []
    for reason in sorted({*told, *times}):
        right = times.get(reason, 0) if reason in pod.behaviour.events.reasons else 0
        if told[reason] != right and not (told[reason] > right > 0 and _may_come_again(pod, reason)):
            found.append(Mismatch(f"events {reason}", _account(pod, reason, told[reason], right), str(right)))
    return found


def _may_come_again(pod: ResizablePod, reason: str) -> bool:
    if reason == _ERROR:
        return all(text != following for text, following in pairwise(_texts(pod, reason)))
    return reason in _PENDING and pod.behaviour.events.counts == "each-sync"


def _account(pod: ResizablePod, reason: str, number: int, right: int, *, since: int = 0) -> str:
    texts = _texts(pod, reason)[since:]
    older = [text for text in texts if reason == _COMPLETED and _values(text) != pod.wanted]
    if older and number - len(older) == right:
        return f"{number}, {len(older)} of them of older values: {'; '.join(texts)}"
    return f"{number}: {'; '.join(texts) or 'none'}"


def _texts(pod: ResizablePod, reason: str) -> list[str]:
    return [event["message"] for event in pod.observer.events if event["reason"] == reason]


def _values(text: str) -> dict[str, Resources]:
    """What an event says that containers have (``pkg/kubelet/events/resize.go`` v1.37.2)."""
    told = json.loads(text.partition(": ")[2])
    containers = [*told.get("initContainers", []), *told.get("containers", [])]
    return {container["name"]: Resources.from_json(container["resources"]) for container in containers}
