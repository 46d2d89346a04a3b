"""Admission webhooks and policies that look at pods and not at their resizes: a resize goes past them.

Up to 1.31 a resize was an update of the pod itself; since 1.32 it is one of ``pods/resize``, which a rule must name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clusters.api import Json

#: The collections of admissionregistration.k8s.io that are looked at, by the field that holds their rules.
KINDS = {
    "validatingwebhookconfigurations": "webhooks",
    "mutatingwebhookconfigurations": "webhooks",
    "validatingadmissionpolicies": "spec",
}


def overlooking(kind: str, listed: Json | None) -> list[str] | None:
    """The names of those that see updates of pods, but not of ``pods/resize``.

    Args:
        kind: One of :data:`KINDS`.
        listed: The collection; None if it may not be seen.

    Returns:
        None if it may not be seen.
    """
    if listed is None:
        return None
    return [item["metadata"]["name"] for item in listed["items"] if _overlooks(list(_rules(kind, item)))]


def _rules(kind: str, item: Json) -> Iterable[Mapping[str, Any]]:
    if KINDS[kind] == "webhooks":
        for webhook in item.get("webhooks") or ():
            yield from webhook.get("rules") or ()
    else:
        yield from ((item.get("spec") or {}).get("matchConstraints") or {}).get("resourceRules") or ()


def _overlooks(rules: list[Mapping[str, Any]]) -> bool:
    of_updates = [rule for rule in rules if {"", "*"} & set(rule["apiGroups"]) and _has(rule["operations"], "UPDATE")]
    resources = {resource for rule in of_updates for resource in rule["resources"]}
    sees_pods = bool(resources & {"pods", "*", "*/*", "pods/*"})
    # "*" alone means every resource without its subresources (admissionregistration/v1 Rule).
    sees_resizes = bool(resources & {"pods/resize", "pods/*", "*/resize", "*/*"})
    return sees_pods and not sees_resizes


def _has(operations: Iterable[str], operation: str) -> bool:
    return bool({operation, "*"} & set(operations))
