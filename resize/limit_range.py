"""LimitRange: bounds for what a container or a pod may ask for, which a resize must keep too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from resize.answers import assert_refused
from resize.changes import resize_and_settle
from resize.observer import ConformanceError
from resize.quantity import exact

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping
    from decimal import Decimal

    from resize.pod import ResizablePod
    from resize.resources import Resources


class Bound(NamedTuple):
    """A bound that a resize breaks.

    Attributes:
        word: ``maximum``, ``minimum`` or ``ratio``, which is that of the limit to the request.
        resource: ``cpu`` or ``memory``.
        kind: Whose: ``Container`` or ``Pod``.
        allowed: The bound.
        asked: What was asked for.
    """

    word: str
    resource: str
    kind: str
    allowed: str
    asked: str


def manifest(kind: str, **bounds: Mapping[str, str]) -> dict[str, Any]:
    """A limit range.

    Args:
        kind: For whom: each ``Container``, or each ``Pod`` in all.
        bounds: Such as ``max={"cpu": "200m"}`` or ``maxLimitRequestRatio={"cpu": "2"}``.
    """
    bounded = {name: dict(values) for name, values in bounds.items()}
    return {"metadata": {"name": "bounds"}, "spec": {"limits": [{"type": kind, **bounded}]}}


def assert_bounds_kept(pod: ResizablePod, wanted: Mapping[str, Resources], *broken: Bound) -> None:
    """Ask for what breaks bounds, and check the answer: refused with all of them, or done where nobody looks.

    Args:
        pod: The pod.
        wanted: Container name to its new resources.
        broken: Each bound that they break.

    Raises:
        ConformanceError: The answer is another.
    """
    __tracebackhide__ = True
    right = pod.behaviour.limit_range
    if not right.enforced:
        resize_and_settle(pod, wanted)
        return
    submitted = pod.submit({name: resources.to_json() for name, resources in wanted.items()})
    assert_refused(pod, submitted, message=None, http_code=right.http_code)
    assert submitted.error is not None
    text = submitted.error.message
    told = [_told(found["bound"], found) for found in right.bound_message.finditer(text)]
    told += [_told("ratio", found) for found in right.ratio_message.finditer(text)]
    if sorted(told) != sorted((*bound[:3], exact(bound.allowed), exact(bound.asked)) for bound in broken):
        headline = f"The refusal says: {text}; expected these bounds, and no others, to be named: {broken}"
        raise ConformanceError(pod.observer.describe(headline, None, []))


def _told(bound: str, found: re.Match[str]) -> tuple[str, str, str, Decimal, Decimal]:
    return bound, found["resource"], found["kind"], exact(found["allowed"]), exact(found["asked"])
