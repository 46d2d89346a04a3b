from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clusters.api import ApiError
from resize.limit_range import Bound, assert_bounds_kept
from resize.observer import ConformanceError
from resize.pod import ResizablePod
from resize.quota import Quota, assert_exceeded
from resize.watched import WatchedObject
from tests.clusters.api_server import error_status
from tests.resize.api_of_objects import ApiOfObjects, list_of
from tests.resize.observed_pod import NEW, ObservedPod

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What 1.30.14 and 1.37.2 answered.
EXCEEDED = (
    'pods "one" is forbidden: exceeded quota: quota, requested: cpu=150m,memory=128Mi, used: cpu=200m,memory=128Mi, '
    "limited: cpu=300m,memory=224Mi"
)
BROKEN = (
    'pods "bounded" is forbidden: [maximum cpu usage per Container is 200m, but limit is 250m, '
    "minimum memory usage per Container is 48Mi, but request is 32Mi, "
    "cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000]"
)
BOUNDS = [
    Bound("maximum", "cpu", "Container", "0.2", "250m"),
    Bound("minimum", "memory", "Container", "48Mi", "32Mi"),
    Bound("ratio", "cpu", "Container", "2", "2.5"),
]


def quota_object(used: dict[str, str] | None) -> dict[str, Any]:
    status = {} if used is None else {"used": used}
    return {"metadata": {"name": "quota", "resourceVersion": "100"}, "status": status}


@pytest.fixture
def observed() -> Iterator[ObservedPod]:
    made = ObservedPod("1.37")
    made.run()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    assert WatchedObject.until.__kwdefaults__ is not None
    monkeypatch.setitem(WatchedObject.until.__kwdefaults__, "deadline_s", 0.3)
    assert ResizablePod.unchanged.__kwdefaults__ is not None
    monkeypatch.setitem(ResizablePod.unchanged.__kwdefaults__, "for_s", 0.05)


def counted(used: dict[str, str]) -> Quota:
    return Quota(WatchedObject(ApiOfObjects(list_of(quota_object(used))), "/quotas", "quota"))


def refused(text: str) -> ApiError:
    return ApiError(403, error_status(403, "Forbidden", text, []))


def test_what_is_used_is_compared_by_value() -> None:
    counted({"cpu": "0.2", "memory": "128Mi"}).until_used({"cpu": "200m", "memory": "134217728"}, stable_s=0.05)


def test_another_use_is_shown() -> None:
    with pytest.raises(ConformanceError, match=r"'cpu': '200m'.* in use: not within 0 s; there is .*'cpu': '300m'"):
        counted({"cpu": "300m"}).until_used({"cpu": "200m"})


def test_a_quota_that_is_never_counted() -> None:
    watched_quota = WatchedObject(ApiOfObjects(list_of(quota_object(None))), "/quotas", "quota")
    with pytest.raises(ConformanceError, match="counted for the first time"):
        Quota(watched_quota)


def test_an_object_that_comes_late_and_goes() -> None:
    api = ApiOfObjects()
    one = WatchedObject(api, "/quotas", "quota")
    api.tell({"type": "ADDED", "object": quota_object({"cpu": "1"})})
    one.until(lambda _: True, what="there", shown=str)
    api.tell({"type": "DELETED", "object": quota_object(None)})
    with pytest.raises(ConformanceError, match="it is not there"):
        one.until(lambda _: True, what="there", shown=str, stable_s=0.2)


@pytest.mark.parametrize("wrong", ["", "requested", "used", "limited", "name"])
def test_the_account_of_an_exceeded_quota(observed: ObservedPod, wrong: str) -> None:
    figures = {
        "requested": {"cpu": "0.15", "memory": "128Mi"},
        "used": {"cpu": "200m", "memory": "128Mi"},
        "limited": {"cpu": "300m", "memory": "224Mi"},
    }
    if wrong in figures:
        figures[wrong] = {"cpu": "1"}
    quota = counted({"cpu": "200m"})
    quota.name = "another" if wrong == "name" else "quota"
    observed.api.refusals.append(refused(EXCEEDED))
    submitted = observed.pod.submit({"stress": NEW.to_json()})
    if wrong:
        with pytest.raises(ConformanceError, match=r"The refusal says: .*exceeded quota.*; expected of quota"):
            assert_exceeded(observed.pod, submitted, quota, **figures)
    else:
        assert_exceeded(observed.pod, submitted, quota, **figures)


@pytest.mark.parametrize("bounds", [BOUNDS[:2], [*BOUNDS, Bound("minimum", "cpu", "Container", "50m", "20m")]])
def test_other_bounds_than_those_that_were_broken(observed: ObservedPod, bounds: list[Bound]) -> None:
    observed.api.refusals.append(refused(BROKEN))
    with pytest.raises(ConformanceError, match="expected these bounds, and no others"):
        assert_bounds_kept(observed.pod, {"stress": NEW}, *bounds)


def test_broken_bounds(observed: ObservedPod) -> None:
    observed.api.refusals.append(refused(BROKEN))
    assert_bounds_kept(observed.pod, {"stress": NEW}, *BOUNDS)


def test_bounds_that_are_not_kept(observed: ObservedPod) -> None:
    with pytest.raises(ConformanceError, match="The API accepted the resize"):
        assert_bounds_kept(observed.pod, {"stress": NEW}, *BOUNDS)
