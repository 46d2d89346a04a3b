from __future__ import annotations

from typing import Any

import pytest

from clusters.existing.admission import overlooking


def rule(*resources: str, groups: tuple[str, ...] = ("",), operations: tuple[str, ...] = ("UPDATE",)) -> dict[str, Any]:
    return {"apiGroups": list(groups), "operations": list(operations), "resources": list(resources)}


@pytest.mark.parametrize(
    ("rules", "overlooks"),
    [
        ([rule("pods")], True),
        ([rule("pods", "pods/resize")], False),
        ([rule("pods"), rule("pods/resize")], False),
        ([rule("*")], True),
        ([rule("*/*")], False),
        ([rule("pods/*")], False),
        ([rule("pods", operations=("CREATE",))], False),
        ([rule("pods", operations=("*",))], True),
        ([rule("deployments", groups=("apps",))], False),
        ([rule("pods", groups=("*",)), rule("pods/resize", operations=("CONNECT",))], True),
        ([], False),
    ],
)
def test_rules_that_see_pods_and_not_their_resizes(rules: list[dict[str, Any]], overlooks: bool) -> None:
    wanted = ["guard"] if overlooks else []
    webhook = {"metadata": {"name": "guard"}, "webhooks": [{"rules": rules}]}
    assert overlooking("validatingwebhookconfigurations", {"items": [webhook]}) == wanted
    policy = {"metadata": {"name": "guard"}, "spec": {"matchConstraints": {"resourceRules": rules}}}
    assert overlooking("validatingadmissionpolicies", {"items": [policy]}) == wanted


def test_what_may_not_be_seen_is_not_known() -> None:
    assert overlooking("mutatingwebhookconfigurations", None) is None
