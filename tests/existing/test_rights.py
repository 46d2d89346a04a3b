"""docs/rbac.yaml grants what the code asks for, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from clusters.existing import rights

if TYPE_CHECKING:
    from clusters.api import KubeApi
    from tests.existing.fake_cluster import FakeCluster

MANIFEST = Path(__file__).parents[2] / "docs" / "rbac.yaml"
ROLES = {
    "run": "resize-conformance-run",
    "look": "resize-conformance-look",
    "node access": "resize-conformance-node-access",
}


@pytest.fixture
def documents() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", rights.SETS)
def test_the_manifest_grants_just_these_rights(documents: list[dict[str, Any]], name: str) -> None:
    (role,) = [d for d in documents if d["kind"] == "ClusterRole" and d["metadata"]["name"] == ROLES[name]]
    granted = {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule.get("apiGroups", [""])
        for resource in (*rule.get("resources", ()), *rule.get("nonResourceURLs", ()))
        for verb in rule["verbs"]
    }
    asked = {(right.group, right.resource, verb) for right in rights.SETS[name] for verb in right.verbs}
    assert granted == asked


def test_each_role_is_bound_to_the_account(documents: list[dict[str, Any]]) -> None:
    bindings = [d for d in documents if d["kind"] == "ClusterRoleBinding"]
    assert {binding["roleRef"]["name"] for binding in bindings} == set(ROLES.values())
    (account,) = [d["metadata"] for d in documents if d["kind"] == "ServiceAccount"]
    for binding in bindings:
        (subject,) = binding["subjects"]
        assert (subject["name"], subject["namespace"]) == (account["name"], account["namespace"])


def test_reviews(fake: FakeCluster, api: KubeApi) -> None:
    fake.denied = {("patch", "pods/resize"), ("get", "/metrics"), ("list", "daemonsets")}
    lacking = [
        (r.resource, verbs)
        for r in (*rights.RUN, *rights.LOOK, *rights.NODE_ACCESS)
        if (verbs := rights.missing(api, r))
    ]
    assert lacking == [("pods/resize", ("patch",)), ("/metrics", ("get",)), ("daemonsets", ("list",))]
    right = next(r for r in rights.NODE_ACCESS if r.resource == "daemonsets")
    assert right.describe(("list",)) == "list daemonsets.apps"
