from __future__ import annotations

from dataclasses import replace

import pytest

from resize.account import account
from resize.behaviour import Behaviour
from resize.chain import Chain, ExpectedChain, Mismatch
from resize.enforced import assert_pod_cgroup
from resize.podview import ContainerView, PodView
from resize.resources import Resources
from resize.timeline import Mark
from tests.resize.pod_objects import FIRST_ID, SECOND_ID, condition, pod_object
from tests.resize.readings import reading

OLD = Resources.guaranteed(cpu="100m", memory="64Mi")
NEW = Resources.guaranteed(cpu="200m", memory="128Mi")


def chain_of(spec: Resources = NEW, applied: Resources = NEW) -> Chain:
    view = PodView.of(pod_object(spec, applied))
    return Chain(0.42, view, {"stress": reading(applied)}, reading(applied, "pod"))


def expected_of(spec: Resources = NEW, actual: Resources = NEW, version: str = "1.37") -> ExpectedChain:
    return ExpectedChain(
        spec={"stress": spec},
        actual={"stress": actual},
        cgroup_version="v2",
        cgroup_driver="cgroupfs",
        behaviour=Behaviour.for_version(version),
        restart_counts={"stress": 0},
        container_ids={"stress": FIRST_ID},
    )


def layers(found: list[Mismatch]) -> list[str]:
    return [mismatch.layer for mismatch in found]


def with_container(chain: Chain, container: ContainerView) -> Chain:
    return replace(chain, pod=replace(chain.pod, containers=(container,)))


def test_agreement_is_no_mismatch() -> None:
    assert expected_of().mismatches(chain_of()) == []


def test_container_that_may_be_another_than_before_needs_no_id() -> None:
    assert replace(expected_of(), container_ids={"sidecar": SECOND_ID}).mismatches(chain_of()) == []
    named = replace(expected_of(), container_ids={"stress": SECOND_ID}).mismatches(chain_of())
    assert layers(named) == ["containerID of stress"]


def test_resize_that_was_never_applied_differs_on_every_layer_below_the_spec() -> None:
    found = expected_of().mismatches(chain_of(NEW, OLD))
    names = dict.fromkeys(layers(found))
    assert list(names) == [
        "allocatedResources of stress",
        "status.resources of stress",
        "container cgroup of stress",
        "pod cgroup",
    ]
    # Quota, weight and memory, of both levels.
    assert layers(found).count("container cgroup of stress") == layers(found).count("pod cgroup") == 3
    assert "cpu.max (quota) is 10000 us, accepted: 20000 us" in found[2].actual


def test_granted_resize_shows_where_none_was_expected() -> None:
    found = expected_of(NEW, OLD).mismatches(chain_of(NEW, NEW))
    assert "spec of stress" not in layers(found)
    assert {"status.resources of stress", "container cgroup of stress", "pod cgroup"} <= set(layers(found))


def test_each_layer_alone() -> None:
    right = chain_of()
    container = right.pod.containers[0]
    old_requests = Resources.of(cpu_request="100m", memory_request="64Mi")
    broken = {
        "spec of stress": with_container(right, replace(container, spec=OLD)),
        "allocatedResources of stress": with_container(right, replace(container, allocated=old_requests)),
        "status.resources of stress": with_container(right, replace(container, status=OLD)),
        "restartCount of stress": with_container(right, replace(container, restart_count=1)),
        "containerID of stress": with_container(right, replace(container, container_id=SECOND_ID)),
        "container cgroup of stress": replace(
            right, container_cgroups={"stress": reading(NEW, memory_bytes=64 * 2**20)}
        ),
        "pod cgroup": replace(right, pod_cgroup=reading(NEW, "pod", memory_bytes=64 * 2**20)),
    }
    for layer, chain in broken.items():
        assert layers(expected_of().mismatches(chain)) == [layer]


def without_status() -> Chain:
    right = chain_of()
    return with_container(right, replace(right.pod.containers[0], status=None))


def test_missing_fields_and_gone_cgroups_are_told() -> None:
    chain = replace(without_status(), container_cgroups={"stress": None}, pod_cgroup=None)
    told = {mismatch.layer: mismatch.actual for mismatch in expected_of().mismatches(chain)}
    assert told == {
        "status.resources of stress": "missing",
        "container cgroup of stress": "container cgroup: gone",
        "pod cgroup": "pod cgroup: gone",
    }


def test_fields_that_the_version_lacks_are_not_asked_for() -> None:
    chain = without_status()
    expected = expected_of()
    assert expected.mismatches(chain)
    assert replace(expected, behaviour=expected.behaviour.without_gate()).mismatches(chain) == []


def test_pod_that_still_speaks_of_a_resize_is_not_done() -> None:
    pod = pod_object(NEW, conditions=(condition("PodResizeInProgress"),))
    chain = replace(chain_of(), pod=PodView.of(pod))
    assert layers(expected_of().mismatches(chain)) == ["resize state"]
    assert replace(expected_of(), settled=False).mismatches(chain) == []


def test_account_shows_every_layer_and_the_history() -> None:
    chain = chain_of(NEW, OLD)
    expected = expected_of()
    marks = [Mark(0.0, "request", "stress: cpu 200m/200m"), Mark(0.021, "answer", "accepted [really]")]
    text = account("Not within 15 s.", chain, expected, expected.mismatches(chain), marks)
    assert text.startswith("Not within 15 s.\n")
    assert "The chain 0.42 s after the request" in text
    for layer in ("spec of stress", "allocatedResources", "status.resources", "container cgroup", "pod cgroup"):
        assert layer in text
    assert "restarts, state" in text
    assert "resize state" in text
    assert "generation, observed" in text
    assert f"status.resources of stress: {OLD.describe()}; expected {NEW.describe()}" in text
    assert "0.021  answer        accepted [really]" in text


@pytest.mark.parametrize("gone", [True, False])
def test_account_without_an_expectation(gone: bool) -> None:
    chain = chain_of()
    if gone:
        chain = replace(chain, container_cgroups={}, pod_cgroup=None)
    text = account("It was deleted.", chain, None, [], [])
    assert ("gone" in text) is gone
    assert "What happened" not in text


def test_account_keeps_long_texts_on_one_line() -> None:
    chain = replace(chain_of(), container_cgroups={"stress": reading(NEW, memory_bytes=64 * 2**20)})
    expected = expected_of()
    text = account("A headline. " * 20, chain, expected, expected.mismatches(chain), [])
    assert any("memory.max is 67108864 bytes, accepted: 134217728 bytes" in line for line in text.splitlines())


def test_without_node_access_the_apis_layers_are_all_that_is_compared() -> None:
    chain = replace(chain_of(), container_cgroups={"stress": None}, pod_cgroup=None, node_access=False)
    expected = replace(expected_of(), cgroup_version=None, cgroup_driver=None)
    assert expected.mismatches(chain) == []
    old = with_container(chain, replace(chain.pod.containers[0], status=OLD))
    assert layers(expected.mismatches(old)) == ["status.resources of stress"]
    text = account("Not within 15 s.", chain, expected, [], [])
    assert text.count("not applicable (no node access)") == 2
    assert "gone" not in text


def test_figures_of_the_pods_cgroup() -> None:
    chain = chain_of()
    assert_pod_cgroup(chain, memory_bytes=128 * 2**20, cpu_quota_us=20_000)
    assert_pod_cgroup(replace(chain, pod_cgroup=None, node_access=False), memory_bytes=1)
    for figures in ({"memory_bytes": 1}, {"cpu_quota_us": 1}):
        with pytest.raises(AssertionError, match=r"the pod's cgroup: cpu 20000/100000 us"):
            assert_pod_cgroup(chain, **figures)
    with pytest.raises(AssertionError, match="gone"):
        assert_pod_cgroup(replace(chain, pod_cgroup=None))
