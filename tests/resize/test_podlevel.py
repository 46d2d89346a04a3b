from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from resize import pod as pod_module
from resize.account import account
from resize.behaviour import Behaviour
from resize.cgroup_expected import expected_container, expected_pod
from resize.chain import Chain, ExpectedChain, Mismatch
from resize.observer import ConformanceError
from resize.podlevel import PodLevelView, laid_over, passed_on, requests_of
from resize.podview import PodView
from resize.recorder import POD_LEVEL
from resize.resources import Resources
from tests.resize.observed_pod import OLD, ObservedPod
from tests.resize.pod_objects import pod_object, with_pod_level
from tests.resize.readings import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTHING = Resources()
POD = Resources.guaranteed(cpu="160m", memory="128Mi")
RAISED = POD.with_cpu("200m")


@pytest.fixture
def observed(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObservedPod]:
    monkeypatch.setattr(pod_module, "STABLE_S", 0.02)
    made = ObservedPod()
    made.pod.wanted_pod_level = made.pod.actual_pod_level = POD
    yield made
    made.close()


def chain_of(container: Resources, pod: Resources = POD, **shown: Resources | None) -> Chain:
    view = PodView.of(with_pod_level(pod_object(container), pod, **shown))
    return Chain(0.42, view, {"stress": reading(passed_on(container, pod))}, reading(pod, "pod"))


def expected_of(container: Resources, pod: Resources | None = POD, *, pod_status: bool = False) -> ExpectedChain:
    return ExpectedChain(
        spec={"stress": container},
        actual={"stress": container},
        cgroup_version="v2",
        cgroup_driver="cgroupfs",
        behaviour=Behaviour.for_version("1.37"),
        pod_spec=pod,
        pod_actual=pod,
        pod_status=pod_status,
    )


def layers(found: list[Mismatch]) -> list[str]:
    return [mismatch.layer for mismatch in found]


def test_pod_object_is_read() -> None:
    assert PodLevelView.of(pod_object(OLD)) == PodLevelView()
    found = PodView.of(with_pod_level(pod_object(OLD), POD)).pod_level
    assert (found.spec, found.allocated, found.status) == (POD, requests_of(POD), POD)


def test_the_pods_values_count_before_the_sums() -> None:
    total = Resources.of(cpu_request="50m", memory_request="32Mi", memory_limit="48Mi")
    assert laid_over(total, None) == total
    assert laid_over(total, Resources.of(cpu_limit="200m", memory_limit="96Mi")) == Resources.of(
        cpu_request="50m", cpu_limit="200m", memory_request="32Mi", memory_limit="96Mi"
    )
    expected = expected_pod([OLD], "v2", "cgroupfs", weight="linear", pod_level=RAISED)
    assert [right.value for right in expected.cpu_quota_us] == [20_000]
    assert [right.value for right in expected.cpu_priority] == [8]
    assert [right.value for right in expected.memory_limit_bytes] == [128 * 2**20]


def test_containers_without_limits_get_the_pods_and_are_weighed_by_them() -> None:
    assert passed_on(NOTHING, None) == NOTHING
    assert passed_on(OLD, POD) == OLD
    assert passed_on(Resources.of(cpu_request="20m"), POD) == Resources.of(
        cpu_request="20m", cpu_limit="160m", memory_limit="128Mi"
    )
    expected = expected_container(NOTHING, "v2", "cgroupfs", weight="linear", pod_level=POD)
    assert [right.value for right in expected.memory_limit_bytes] == [128 * 2**20]
    # An update in place forgets the weight (kubernetes#135260).
    assert [right.value for right in expected.cpu_priority] == [7, 1]


@pytest.mark.parametrize("container", [Resources.of(cpu_request="50m"), Resources.of(cpu_limit="100m"), OLD])
def test_containers_with_cpu_of_their_own_have_one_right_weight(container: Resources) -> None:
    expected = expected_container(container, "v2", "cgroupfs", weight="linear", pod_level=POD)
    assert len(expected.cpu_priority) == 1


def test_requests_of_zero_are_none() -> None:
    assert requests_of(Resources.of(cpu_request="0", cpu_limit="1", memory_request="1Mi")) == Resources.of(
        memory_request="1Mi"
    )


@pytest.mark.parametrize("container", [OLD, NOTHING])
def test_agreement_is_no_mismatch(container: Resources) -> None:
    assert expected_of(container, pod_status=True).mismatches(chain_of(container)) == []


def test_each_layer_alone() -> None:
    wrong = {
        "spec.resources of the pod": chain_of(OLD, spec=RAISED),
        "allocatedResources of the pod": chain_of(OLD, allocated=RAISED),
        "status.resources of the pod": chain_of(OLD, status=RAISED),
        "pod cgroup": replace(chain_of(OLD), pod_cgroup=reading(POD, "pod", memory_bytes=64 * 2**20)),
    }
    for layer, chain in wrong.items():
        assert layers(expected_of(OLD, pod_status=True).mismatches(chain)) == [layer]
    old_limit = replace(chain_of(NOTHING), container_cgroups={"stress": reading(POD.with_memory("64Mi"))})
    assert layers(expected_of(NOTHING).mismatches(old_limit)) == ["container cgroup of stress"]


def test_status_resources_are_left_to_cases_about_them() -> None:
    assert expected_of(OLD).mismatches(chain_of(OLD, status=RAISED)) == []


def test_missing_fields_are_told_where_the_pod_has_resources_of_its_own() -> None:
    found = expected_of(OLD).mismatches(chain_of(OLD, spec=None, allocated=None))
    assert [(m.layer, m.actual) for m in found] == [
        ("spec.resources of the pod", "missing"),
        ("allocatedResources of the pod", "missing"),
    ]


def test_pods_without_resources_of_their_own_have_the_sums_if_anything() -> None:
    right = Chain(0.1, PodView.of(pod_object(OLD)), {"stress": reading(OLD)}, reading(OLD, "pod"))
    assert expected_of(OLD, None).mismatches(right) == []
    shown = replace(right, pod=replace(right.pod, pod_level=PodLevelView(allocated=requests_of(OLD))))
    assert expected_of(OLD, None).mismatches(shown) == []
    wrong = replace(right, pod=replace(right.pod, pod_level=PodLevelView(spec=POD, allocated=requests_of(POD))))
    assert layers(expected_of(OLD, None).mismatches(wrong)) == [
        "spec.resources of the pod",
        "allocatedResources of the pod",
    ]


def test_account_shows_the_pods_values() -> None:
    chain, expected = chain_of(OLD), expected_of(OLD, RAISED)
    text = account("Not within 15 s.", chain, expected, expected.mismatches(chain), [])
    assert "spec of the pod" in text
    assert f"spec.resources of the pod: {POD.describe()}; expected {RAISED.describe()}" in text
    assert "spec of the pod" in account("Gone.", chain, None, [], [])
    assert "spec of the pod" not in account("Gone.", replace(chain, pod=PodView.of(pod_object(OLD))), None, [], [])


def test_pod_is_resized_through_its_own_part_of_the_body(observed: ObservedPod) -> None:
    observed.run()
    observed.show(with_pod_level(pod_object(OLD), POD))
    submitted = observed.pod.submit({}, pod_level={"limits": {"cpu": "200m"}, "requests": {"cpu": "200m"}})
    body = {"spec": {"resources": {"limits": {"cpu": "200m"}, "requests": {"cpu": "200m"}}}}
    assert observed.api.patches == [("/pods/idle/resize", body)]
    assert (observed.pod.wanted_pod_level, observed.pod.actual_pod_level) == (RAISED, POD)
    assert submitted.recorder.timeline.container == POD_LEVEL
    assert submitted.recorder.timeline.requested == RAISED.describe()


def test_resize_of_a_pod_settles_and_its_timeline_has_the_pods_values(observed: ObservedPod) -> None:
    observed.run()
    observed.show(with_pod_level(pod_object(OLD), POD))
    submitted = observed.pod.resize({}, pod_level=RAISED)
    observed.cgroups(OLD, RAISED)
    observed.show(with_pod_level(pod_object(OLD), RAISED))
    observed.pod.settle(pod_status=True)
    assert observed.pod.actual_pod_level == RAISED
    reached = submitted.recorder.timeline.reached_s
    assert {layer for layer, at in reached.items() if at is not None} == {"spec", "allocated", "status", "pod cgroup"}


def test_pod_that_keeps_its_old_values_is_told(observed: ObservedPod) -> None:
    observed.run()
    observed.pod.resize({}, pod_level=RAISED)
    observed.show(with_pod_level(pod_object(OLD), RAISED, allocated=POD))
    with pytest.raises(ConformanceError, match="Wrong: allocatedResources of the pod, pod cgroup"):
        observed.pod.settle(deadline_s=0.05)
