"""What a resize charges to a quota, and when it gives something back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_deferred, assert_over_capacity
from resize.manifests import IDLE_SCRIPT
from resize.quantity import cpu_milli
from resize.quota import Quota, assert_exceeded, assert_released, manifest
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.objects import Objects
    from fixtures.pods import Pods
    from fixtures.room import Room

SMALL, LARGE = (Resources.guaranteed(cpu=cpu, memory="64Mi") for cpu in ("100m", "200m"))
#: A pod that is counted with nothing: when it goes, quotas are counted anew.
NOTHING = Resources.of(cpu_request="0", memory_request="0")
PLENTY = {"cpu": "1000", "memory": "10Ti"}


@pytest.mark.conformance
@pytest.mark.rule("quota.released")
def test_shrink_gives_back(objects: Objects, pods: Pods) -> None:
    """What a pod no longer asks for is given back to the quota, for others to take.

    Right-sizing pods is of use to a team with a quota only if the quota follows.

    Preconditions:
        - A quota of 300m, all of it used by two running Guaranteed pods with 200m and 100m.
    Steps:
        1. Patch the first pod to 100m.
        2. Patch the second pod to 200m.
    Expected:
        - After 1 the quota has 200m in use: at once from 1.32 on, before that only once the quota is counted anew, as
          when another pod of the namespace goes.
        - 2 is done on every layer.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resource-quota
    """
    quota = Quota(objects.create("resourcequotas", manifest("quota", {"cpu": "300m"})))
    one, other = pods.start("one", LARGE, script=IDLE_SCRIPT), pods.start("other", SMALL, script=IDLE_SCRIPT)
    spare = pods.start("spare", NOTHING, script=IDLE_SCRIPT)
    quota.until_used({"cpu": "300m"})

    one.resize(SMALL)
    one.settle()

    assert_released(one, quota, {"cpu": "200m"}, count_anew=lambda: pods.delete(spare))
    other.resize(LARGE)
    other.settle()


@pytest.mark.conformance
@pytest.mark.rule("quota.message")
@pytest.mark.parametrize("resource", ["limits.cpu", "limits.memory"])
def test_limits_are_counted(objects: Objects, pods: Pods, resource: str) -> None:
    """A quota for limits refuses a higher limit, though the request stays.

    Preconditions:
        - A running Burstable pod: 50m of 100m, 64Mi of 96Mi; a quota of 150m, or 128Mi, for limits.
    Steps:
        1. Patch the limits to 200m and 192Mi.
    Expected:
        - HTTP 403 with the account of the limit; nothing changes.

    https://kubernetes.io/docs/concepts/policy/resource-quotas/#compute-resource-quota
    """
    hard = {"limits.cpu": "150m", "limits.memory": "128Mi"}[resource]
    requested, used = {"limits.cpu": ("100m", "100m"), "limits.memory": ("96Mi", "96Mi")}[resource]
    quota = Quota(objects.create("resourcequotas", manifest("quota", {resource: hard})))
    before = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="96Mi")
    pod = pods.start("burstable", before, script=IDLE_SCRIPT)
    quota.until_used({resource: used})

    submitted = pod.submit({"stress": {"limits": {"cpu": "200m", "memory": "192Mi"}}})

    assert_exceeded(
        pod, submitted, quota, requested={resource: requested}, used={resource: used}, limited={resource: hard}
    )


@pytest.mark.conformance
@pytest.mark.rule("quota.released", "over_capacity.answer")
def test_infeasible_is_not_kept(objects: Objects, pods: Pods, room: Room, case: CaseRecord) -> None:
    """What a resize asked for that the node can never grant is not held against the quota.

    Preconditions:
        - A quota with plenty of everything, and a running Guaranteed pod with 100m.
    Steps:
        1. Patch the pod to one CPU more than the node has.
        2. Delete another pod, so that the quota is counted anew.
    Expected:
        - After 1 the version's answer: Infeasible, or HTTP 403. After 2 the quota has 100m in use. (Where the API took
          the resize, its charge may stand until the next count, five minutes at most: the report says.)

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resource-quota
    """
    quota = Quota(objects.create("resourcequotas", manifest("quota", PLENTY)))
    pod, spare = pods.start("one", SMALL, script=IDLE_SCRIPT), pods.start("spare", NOTHING, script=IDLE_SCRIPT)
    quota.until_used({"cpu": "100m"})

    submitted = pod.submit({"stress": Resources().with_cpu(room.too_much_cpu).to_json()})
    assert_over_capacity(pod, submitted)

    soon = quota.is_used_soon({"cpu": "100m"})
    case.measure("quota gave back an infeasible resize by itself", float(soon), "(1 is yes)")
    pods.delete(spare)
    quota.until_used({"cpu": "100m"})


@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.conformance
@pytest.mark.rule("quota.released", "deferred.message")
def test_deferred_is_charged(objects: Objects, pods: Pods, room: Room, case: CaseRecord) -> None:
    """A Deferred resize is charged to the quota while it waits, and no longer once it is taken back.

    Else two teams could be promised the same CPU.

    Preconditions:
        - A quota with plenty of everything, a pod with 60 percent of the node's CPU, and one with 100m.
    Steps:
        1. Patch the second pod's CPU to 60 percent of the node's.
        2. Patch it back to 100m.
        3. Delete another pod, so that the quota is counted anew.
    Expected:
        - After 1, while the resize is Deferred, the quota has all of it in use.
        - After 3 it has what both pods had at first. (The charge may stand until the next count: the report says.)

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resource-quota
    """
    most, most_milli = SMALL.with_cpu(room.cpu(0.6)), cpu_milli(room.cpu(0.6))
    quota = Quota(objects.create("resourcequotas", manifest("quota", PLENTY)))
    pods.start("blocker", most, script=IDLE_SCRIPT)
    pod, spare = pods.start("waiting", SMALL, script=IDLE_SCRIPT), pods.start("spare", NOTHING, script=IDLE_SCRIPT)
    before = {"cpu": f"{most_milli + 100}m"}
    quota.until_used(before)

    pod.resize(most)
    assert_deferred(pod)
    quota.until_used({"cpu": f"{2 * most_milli}m"})

    pod.resize(SMALL)
    pod.settle()
    case.measure("quota gave back a withdrawn resize by itself", float(quota.is_used_soon(before)), "(1 is yes)")
    pods.delete(spare)
    quota.until_used(before)
