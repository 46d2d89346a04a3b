"""What is known of a resize once it is sent; and one in another form than a patch: the whole pod put back, edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tenacity

from clusters.api import ApiUnreachableError
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clusters.api import ApiError
    from resize.pod import ResizablePod
    from resize.recorder import TimelineRecorder
    from resize.resources import Resources

#: The kubelet writes the status between two reads now and then.
READS = 20


@dataclass(slots=True)
class Submitted:
    """A resize request and the API's answer.

    Attributes:
        recorder: The timeline that the request began.
        answered_s: How long the API took.
        error: The API's refusal, None where it accepted.
    """

    recorder: TimelineRecorder
    answered_s: float
    error: ApiError | None


def put(
    pod: ResizablePod, edit: Callable[[dict[str, Any]], None], wanted: Mapping[str, Resources] | None = None
) -> Submitted:
    """Read the pod, edit it, and put it back where this version takes resizes.

    Args:
        pod: The pod.
        edit: Changes the pod object.
        wanted: What the spec of the named containers will ask for then; by default the edit changes no CPU or memory.

    Raises:
        ConformanceError: The API broke the connection off in place of an answer.
    """
    __tracebackhide__ = True
    document = pod.api.get(pod.path)
    # Else a status that the kubelet writes meanwhile would be a conflict.
    del document["metadata"]["resourceVersion"]
    edit(document)
    try:
        return pod.request(wanted or pod.wanted, lambda: pod.api.replace(pod.resize_path, document))
    except ApiUnreachableError as error:
        raise ConformanceError(pod.observer.describe(f"The API gave no answer: {error}", None, [])) from error


def put_resources(pod: ResizablePod, wanted: Resources) -> Submitted:
    """Put the pod with new resources of its only container.

    Raises:
        ConformanceError: The API refused.
    """
    __tracebackhide__ = True
    name = pod.only_container.name

    def edit(document: dict[str, Any]) -> None:
        document["spec"]["containers"][0]["resources"] = wanted.to_json()

    submitted = put(pod, edit, {name: wanted})
    if submitted.error is not None:
        raise ConformanceError(pod.observer.describe(f"The resize was refused: {submitted.error}", None, []))
    return submitted


def assert_same_by_either_path(pod: ResizablePod) -> None:
    """Check that the pod reads the same where this version takes resizes as it does by itself.

    Raises:
        ConformanceError: It does not.
    """
    __tracebackhide__ = True

    def differing() -> list[str]:
        one, other = pod.api.get(pod.resize_path), pod.api.get(pod.path)
        return sorted(part for part in one.keys() | other.keys() if one.get(part) != other.get(part))

    found = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(READS),
        wait=tenacity.wait_fixed(0.1),
        retry=tenacity.retry_if_result(bool),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else [],
    )(differing)
    if found:
        told = f"{pod.resize_path} and {pod.path} differ in {', '.join(found)}"
        raise ConformanceError(pod.observer.describe(told, None, []))
