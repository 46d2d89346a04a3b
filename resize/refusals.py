"""How a version answers to a request that changes what a resize can't change: a refusal, or an edit that is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from resize.answers import assert_qos_change_refused, assert_refused
from resize.observer import ConformanceError

if TYPE_CHECKING:
    import re

    from resize.pod import ResizablePod
    from resize.sent import Submitted


def assert_immutable(pod: ResizablePod, submitted: Submitted, message: re.Pattern[str] | None) -> None:
    """Check that nothing changed, neither in the spec nor anywhere below.

    Args:
        pod: The pod.
        submitted: The request.
        message: What the refusal must say; None where the version takes such a request and leaves the edit out.

    Raises:
        ConformanceError: Something changed, or the answer is another.
    """
    __tracebackhide__ = True
    if message is not None:
        assert_refused(pod, submitted, message=message, http_code=pod.behaviour.immutable.http_code)
        return
    if submitted.error is not None:
        told = f"The API refused: {submitted.error}; expected that it takes the request and leaves the edit out."
        raise ConformanceError(pod.observer.describe(told, None, []))
    pod.unchanged()


def assert_removal_answer(
    pod: ResizablePod, submitted: Submitted, *, removed: Literal["requests", "limits"], qos_changes: bool
) -> None:
    """Check the answer to a request that takes requests or limits away.

    Versions that allow it where the QoS class stays do so in the API; what their node makes of it is not specified.

    Raises:
        ConformanceError: The answer is another.
    """
    __tracebackhide__ = True
    right = pod.behaviour.removal
    if right.answer == "forbidden":
        message = right.requests_message if removed == "requests" else right.limits_message
        assert_refused(pod, submitted, message=message, http_code=pod.behaviour.immutable.http_code)
    elif qos_changes:
        assert_qos_change_refused(pod, submitted)
    elif submitted.error is not None:
        told = f"The API refused: {submitted.error}; expected that it takes the request."
        raise ConformanceError(pod.observer.describe(told, None, []))
