from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from clusters.contract import ClusterRequest
from clusters.health import Course, Health, Vigil
from clusters.variants import ClusterKey, Platform
from clusters.versions import KubeVersion
from fixtures.invariants import case_of
from reports.model import Verdict
from tests.fixtures.stand_in import StandInProvider, record_of

KEY = ClusterKey(KubeVersion(1, 37, 2), Platform("uml", "v2"))
WELL = Health({"kubelet": "1.79e9"}, {"a": "True since 10:00"})


RECORD = record_of(ClusterRequest(kube_version=KEY.kube_version, name="a", log_directory=Path("/nowhere")))


def course(monkeypatch: pytest.MonkeyPatch, then: Health, *faults: str, key: ClusterKey = KEY) -> Course | None:
    """How a cluster fared that was well at first."""
    looks, provider = iter([WELL, then]), StandInProvider()
    monkeypatch.setattr(Health, "of", lambda *_: next(looks))
    provider.broken = list(faults)
    vigil = Vigil(provider)
    vigil.begin(key, RECORD)
    vigil.end(key, RECORD)
    return vigil.courses.get(key)


def test_all_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    assert course(monkeypatch, WELL) == Course([], [])


def test_component_that_came_back(monkeypatch: pytest.MonkeyPatch) -> None:
    found = course(monkeypatch, Health({"kubelet": "1.8e9"}, WELL.ready))
    assert found == Course(["kubelet was started anew: at 1.8e9, before at 1.79e9"], [])


def test_node_that_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    found = course(monkeypatch, Health(WELL.started, {"a": "True since 11:00"}))
    assert found == Course([], ["node a was not always Ready: True since 11:00, before True since 10:00"])


def test_panic_is_a_mistake_of_the_components(monkeypatch: pytest.MonkeyPatch) -> None:
    panic = "kubelet ended with 2. Its last words: panic: runtime error: invalid memory address"
    assert course(monkeypatch, WELL, panic, "etcd was ended by signal 9") == Course(
        [panic], ["etcd was ended by signal 9"]
    )


def test_what_is_not_told_any_more_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert course(monkeypatch, Health({}, {})) == Course([], [])


def test_clusters_whose_components_cases_restart_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert course(monkeypatch, WELL, key=replace(KEY, variant="alone")) is None


def test_cluster_that_tells_nothing_is_no_case() -> None:
    vigil = Vigil(StandInProvider())
    vigil.begin(KEY, RECORD)
    vigil.end(KEY, RECORD)
    assert vigil.courses == {}


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (Course([], []), Verdict.CONFORMANT),
        (Course([], [], "nobody granted it"), Verdict.API_ONLY),
        (Course([], ["node a was not always Ready"], "nobody granted it"), Verdict.BROKEN_ENVIRONMENT),
        (Course([], ["node a was not always Ready"]), Verdict.BROKEN_ENVIRONMENT),
        (Course(["kubelet was started anew"], ["node a was not always Ready"]), Verdict.VIOLATION),
    ],
)
def test_course_as_a_case(found: Course, verdict: Verdict) -> None:
    case = case_of("local-1.37.2", {"1.37.2 uml v2": Course([], []), "1.37.2 uml v2 crowded": found})
    assert (case.verdict, case.cluster, case.feature) == (verdict, "local-1.37.2", "invariants")
    assert case.links == ["https://github.com/kubernetes/kubernetes/pull/141100"]
    assert bool(case.reason) == (verdict is not Verdict.CONFORMANT)
    assert all(
        line.startswith(("1.37.2 uml v2 crowded: ", "no node access: nobody")) for line in case.message.splitlines()
    )
