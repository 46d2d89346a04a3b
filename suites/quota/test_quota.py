"""A resize and its namespace's ResourceQuota."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.manifests import IDLE_SCRIPT
from resize.quota import Quota, assert_exceeded, manifest
from resize.resources import Resources

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from fixtures.objects import Objects
    from fixtures.pods import Pods

HARD = {"cpu": "300m", "memory": "224Mi"}
BEFORE = Resources.guaranteed(cpu="100m", memory="64Mi")
USED = {"cpu": "200m", "memory": "128Mi"}


def _case(upstream: str, *values: object) -> ParameterSet:
    return pytest.param(*values, marks=pytest.mark.upstream(f"quota/{upstream}"), id=upstream)


@pytest.mark.cpu_milli(300)
@pytest.mark.conformance
@pytest.mark.rule("quota.message", "quota.http_code")
@pytest.mark.upstream("alpha/quota")
@pytest.mark.parametrize(
    ("cpu", "memory", "requested"),
    [
        _case("exceed-cpu", "250m", "80Mi", {"cpu": "150m"}),
        _case("exceed-memory", "90m", "192Mi", {"memory": "128Mi"}),
        _case("exceed-cpu-memory", "250m", "192Mi", {"cpu": "150m", "memory": "128Mi"}),
    ],
)
def test_beyond_the_quota(objects: Objects, pods: Pods, cpu: str, memory: str, requested: dict[str, str]) -> None:
    """A resize beyond what the quota has left is refused, with an account of the resources that are short.

    Preconditions:
        - A quota of 300m and 224Mi, and two running Guaranteed pods with 100m and 64Mi each.
    Steps:
        1. Patch one pod to more CPU, memory, or both, than the quota has left.
    Expected:
        - HTTP 403, with what is asked for on top, what is used, and what there is, of the resources that are short.
        - Neither the pod nor the quota's used changes.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resource-quota
    """
    quota = Quota(objects.create("resourcequotas", manifest("quota", HARD)))
    pod, _ = (pods.start(name, BEFORE, script=IDLE_SCRIPT) for name in ("one", "other"))
    quota.until_used(USED)

    submitted = pod.submit({"stress": Resources.guaranteed(cpu=cpu, memory=memory).to_json()})

    assert_exceeded(
        pod,
        submitted,
        quota,
        requested=requested,
        used={name: USED[name] for name in requested},
        limited={name: HARD[name] for name in requested},
    )
    quota.until_used(USED, stable_s=0.5)


@pytest.mark.cpu_milli(300)
@pytest.mark.conformance
@pytest.mark.rule("quota.http_code")
@pytest.mark.upstream("alpha/quota")
@pytest.mark.parametrize(
    ("cpu", "memory", "used"),
    [
        _case("increase-cpu", "150m", "64Mi", {"cpu": "250m", "memory": "128Mi"}),
        _case("increase-memory", "100m", "96Mi", {"cpu": "200m", "memory": "160Mi"}),
        _case("increase-cpu-memory", "200m", "160Mi", {"cpu": "300m", "memory": "224Mi"}),
    ],
)
def test_within_the_quota(objects: Objects, pods: Pods, cpu: str, memory: str, used: dict[str, str]) -> None:
    """A resize within what the quota has left is done, and the quota's used grows by the difference.

    Preconditions:
        - A quota of 300m and 224Mi, and two running Guaranteed pods with 100m and 64Mi each.
    Steps:
        1. Patch one pod to more CPU, memory, or both, up to all that the quota has left.
    Expected:
        - The resize is done on every layer; used has the sum of both pods' requests.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resource-quota
    """
    quota = Quota(objects.create("resourcequotas", manifest("quota", HARD)))
    pod, _ = (pods.start(name, BEFORE, script=IDLE_SCRIPT) for name in ("one", "other"))
    quota.until_used(USED)

    pod.resize(Resources.guaranteed(cpu=cpu, memory=memory))

    pod.settle()
    quota.until_used(used, stable_s=0.5)
