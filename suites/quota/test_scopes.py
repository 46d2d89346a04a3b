"""Quotas for some of a namespace's pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from resize.manifests import IDLE_SCRIPT
from resize.quota import Quota, assert_exceeded, manifest
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.objects import Objects
    from fixtures.pods import Pods

HARD = {"cpu": "150m"}
BEFORE, MORE = (Resources.guaranteed(cpu=cpu, memory="64Mi") for cpu in ("100m", "200m"))


def _priority_class(operator: str) -> dict[str, Any]:
    return {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": operator}]}}


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("quota.message")
@pytest.mark.parametrize(
    "scope",
    [
        pytest.param({"scopes": ["NotTerminating"]}, id="NotTerminating"),
        pytest.param({"scopes": ["NotBestEffort"]}, id="NotBestEffort"),
        pytest.param(_priority_class("DoesNotExist"), id="PriorityClass DoesNotExist"),
    ],
)
def test_quota_for_this_pod(objects: Objects, pods: Pods, scope: dict[str, Any]) -> None:
    """A quota whose scope the pod is in refuses a resize beyond it.

    Preconditions:
        - A quota of 150m with a scope, and a running Guaranteed pod with 100m that is in it: it has no deadline, is not
          of class BestEffort, and has no PriorityClass.
    Steps:
        1. Patch the pod to 200m.
    Expected:
        - HTTP 403 with the account, and nothing changes.

    https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
    """
    quota = Quota(objects.create("resourcequotas", manifest("quota", HARD, **scope)))
    pod = pods.start("scoped", BEFORE, script=IDLE_SCRIPT)
    quota.until_used({"cpu": "100m"})

    submitted = pod.submit({"stress": MORE.to_json()})

    assert_exceeded(pod, submitted, quota, requested={"cpu": "100m"}, used={"cpu": "100m"}, limited=HARD)


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("quota.message")
@pytest.mark.parametrize(
    "scope",
    [
        pytest.param({"scopes": ["Terminating"]}, id="Terminating"),
        pytest.param(_priority_class("Exists"), id="PriorityClass Exists"),
    ],
)
def test_quota_for_other_pods(objects: Objects, pods: Pods, scope: dict[str, Any]) -> None:
    """A quota whose scope the pod is not in does not count its resize.

    Preconditions:
        - A quota of 150m for pods with a deadline, or with a PriorityClass, and a running Guaranteed pod with neither.
    Steps:
        1. Patch the pod to 200m.
    Expected:
        - The resize is done on every layer, and the quota has nothing in use.

    https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
    """
    quota = Quota(objects.create("resourcequotas", manifest("quota", HARD, **scope)))
    pod = pods.start("scoped", BEFORE, script=IDLE_SCRIPT)

    pod.resize(MORE)

    pod.settle()
    quota.until_used({"cpu": "0"}, stable_s=0.5)
