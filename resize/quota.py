"""ResourceQuota: what a namespace may ask for, and what a resize does to what is used up of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resize.answers import assert_refused
from resize.observer import ConformanceError
from resize.quantity import exact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from clusters.api import Json
    from resize.pod import ResizablePod
    from resize.sent import Submitted
    from resize.watched import WatchedObject

#: By itself the controller counts anew every five minutes (kube-controller-manager --resource-quota-sync-period).
SOON_S = 5.0


def manifest(name: str, hard: Mapping[str, str], **more_spec: Any) -> dict[str, Any]:
    """A quota; ``more_spec`` is laid over its spec, such as ``scopes=["NotTerminating"]``."""
    return {"metadata": {"name": name}, "spec": {"hard": dict(hard), **more_spec}}


class Quota:
    """A quota that was just created, with which no pod can be created before its controller has counted."""

    def __init__(self, watched: WatchedObject) -> None:
        self._watched = watched
        self.name = watched.name
        watched.until(
            lambda found: found.get("status", {}).get("used") is not None,
            what="counted for the first time",
            shown=_used,
        )

    def until_used(self, wanted: Mapping[str, str], *, stable_s: float = 0.0) -> None:
        """Wait until so much is used, by resource: ``{"cpu": "200m"}``.

        Raises:
            ConformanceError: It is not within half a minute.
        """
        __tracebackhide__ = True
        self._watched.until(
            lambda found: _is_used(found, wanted), what=f"{wanted} in use", shown=_used, stable_s=stable_s
        )

    def is_used_soon(self, wanted: Mapping[str, str]) -> bool:
        """Whether so much is used within a few seconds, that is without waiting for the count every five minutes."""
        try:
            self._watched.until(
                lambda found: _is_used(found, wanted), what=f"{wanted} in use", shown=_used, deadline_s=SOON_S
            )
        except ConformanceError:
            return False
        return True


def assert_released(
    pod: ResizablePod, quota: Quota, used: Mapping[str, str], *, count_anew: Callable[[], object]
) -> None:
    """Check that a quota gets back what a pod no longer uses, when the version gives it back.

    Args:
        pod: The pod, whose status shows the shrink.
        quota: The quota.
        used: What must be used then.
        count_anew: Brings about a new count, where the version wants one.
    """
    __tracebackhide__ = True
    if pod.behaviour.quota.released == "next-count":
        count_anew()
    quota.until_used(used)


def assert_exceeded(
    pod: ResizablePod,
    submitted: Submitted,
    quota: Quota,
    *,
    requested: Mapping[str, str],
    used: Mapping[str, str],
    limited: Mapping[str, str],
) -> None:
    """Check that a resize was refused because of a quota, with the right account of it, and that nothing changed.

    Args:
        pod: The pod.
        submitted: The API's answer.
        quota: The quota that must be named.
        requested: What the resize asks for on top of what the pod has; only resources that would exceed the quota.
        used: What is used now, of the same resources.
        limited: What there is, of the same resources.

    Raises:
        ConformanceError: It was not.
    """
    __tracebackhide__ = True
    right = pod.behaviour.quota
    assert_refused(pod, submitted, message=right.message, http_code=right.http_code)
    assert submitted.error is not None
    found = right.message.search(submitted.error.message)
    assert found is not None
    told = {part: _figures(found[part]) for part in ("requested", "used", "limited")}
    wanted = {part: _exact(values) for part, values in zip(told, (requested, used, limited), strict=True)}
    if found["quota"] != quota.name or told != wanted:
        headline = f"The refusal says: {submitted.error.message}; expected of quota {quota.name}: requested {requested}"
        raise ConformanceError(pod.observer.describe(f"{headline}, used {used}, limited {limited}.", None, []))


def _figures(text: str) -> dict[str, Decimal]:
    """The figures of ``cpu=300m,memory=450Mi``."""
    return _exact(dict(entry.split("=") for entry in text.split(",")))


def _exact(quantities: Mapping[str, str]) -> dict[str, Decimal]:
    return {name: exact(quantity) for name, quantity in quantities.items()}


def _used(quota: Json) -> dict[str, str]:
    found: dict[str, str] = quota.get("status", {}).get("used") or {}
    return found


def _is_used(quota: Json, wanted: Mapping[str, str]) -> bool:
    used = _used(quota)
    return all(name in used and exact(used[name]) == exact(quantity) for name, quantity in wanted.items())
