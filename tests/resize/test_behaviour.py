from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusters.versions import KubeVersion
from resize.behaviour import Behaviour
from resize.catalogue import DATA, CatalogueError, Message

if TYPE_CHECKING:
    from pathlib import Path

MINORS = [f"1.{minor}" for minor in range(27, 38)]
SHRINK_137 = (
    'cannot decrease memory limits: attempting to set container "stress" memory limit (100000000) '
    "below current usage (0)"
)


def found(pattern: Message | None, text: str) -> bool:
    return pattern is not None and pattern.search(text) is not None


@pytest.mark.parametrize("minor", MINORS)
def test_every_minor_is_complete(minor: str) -> None:
    behaviour = Behaviour.for_version(minor)
    assert behaviour.minor == minor
    assert behaviour.assumed_from is None


@pytest.mark.parametrize(
    ("minor", "stage", "gates", "endpoint", "surface", "generation", "observed"),
    [
        ("1.27", "alpha", 1, "pod", "resize-field", False, False),
        ("1.30", "alpha", 1, "pod", "resize-field", False, False),
        ("1.31", "alpha", 1, "pod", "resize-field", False, False),
        ("1.32", "alpha", 2, "resize", "resize-field", False, False),
        ("1.33", "beta", 0, "resize", "conditions", True, False),
        ("1.34", "beta", 0, "resize", "conditions", True, True),
        ("1.35", "ga", 0, "resize", "conditions", True, True),
        ("1.36", "ga", 0, "resize", "conditions", True, True),
        ("1.37", "ga", 0, "resize", "conditions", True, True),
    ],
)
def test_how_a_resize_is_asked_for_and_shown(
    minor: str, stage: str, gates: int, endpoint: str, surface: str, generation: bool, observed: bool
) -> None:
    behaviour = Behaviour.for_version(minor)
    assert behaviour.release.stage == stage
    assert len(behaviour.release.gates) == gates
    assert behaviour.submit.endpoint == endpoint
    assert behaviour.submit.generation_increments is generation
    assert behaviour.status.surface == surface
    assert behaviour.status.observed_generation is observed
    assert (behaviour.submit.refused_without_gate is None) == (stage == "ga")


def test_memory_limits_can_not_shrink_in_1_33_only() -> None:
    assert [m for m in MINORS if Behaviour.for_version(m).memory_shrink.limit_decrease == "forbidden"] == ["1.33"]


def test_the_texts_that_were_seen_on_1_30() -> None:
    behaviour = Behaviour.for_version("v1.30.14")
    answer = 'The Pod "stress" is invalid: metadata: Invalid value: "Guaranteed": Pod QoS is immutable'
    assert found(behaviour.qos_change.message, answer)
    assert behaviour.over_capacity.answer == "infeasible-status"
    assert behaviour.memory_shrink.below_usage == "in-progress-silent"
    assert not behaviour.actuation.hungry_pod_rescued
    assert behaviour.events.reasons == ()


def test_the_texts_that_were_seen_on_1_37() -> None:
    behaviour = Behaviour.for_version(KubeVersion(1, 37, 2))
    assert found(
        behaviour.qos_change.message, "spec: Invalid value: Pod QOS Class may not change as a result of resizing"
    )
    capacity = "node didn't have enough allocatable resources: cpu, requested: 10000, allocatable: 2000"
    assert found(behaviour.over_capacity.message, capacity)
    assert behaviour.over_capacity.cause == "NodeCapacity"
    for text in (
        SHRINK_137,
        SHRINK_137.replace('"', '\\"'),
        "attempting to set container memory limit (100000000) below current usage (0)",
        "attempting to set pod memory limit (100000000) below current usage (135327744)",
    ):
        assert found(behaviour.memory_shrink.message, text)
    assert not found(behaviour.memory_shrink.message, 'missing container "stress" memory usage')
    event = 'Pod resize error: {"generation":2,"error":"cannot decrease: (1) below current usage (0)"}'
    assert found(behaviour.memory_shrink.event_message, event)
    assert behaviour.actuation.hungry_pod_rescued


def test_the_text_of_a_deferred_event_in_the_kubelets_own_tests() -> None:
    event = (
        'Pod resize OutOfcpu: {"containers":[{"name":"c1"}],"generation":2,'
        '"error":"Node didn\'t have enough resource: cpu, requested: 5000, used: 0, capacity: 4000"}'
    )
    assert found(Behaviour.for_version("1.37").deferred.event_message, event)
    assert Behaviour.for_version("1.34").deferred.event is None
    assert found(Behaviour.for_version("1.34").deferred.message, event)


def test_the_static_cpu_managers_texts_differ() -> None:
    old = "Resize is infeasible for Guaranteed Pods alongside CPU Manager static policy"
    new = 'Resize is infeasible for Guaranteed Pods alongside CPU Manager policy "static"'
    assert [found(Behaviour.for_version(m).static_cpu_manager.message, old) for m in ("1.31", "1.33", "1.34")] == [
        False,
        True,
        False,
    ]
    assert found(Behaviour.for_version("1.34").static_cpu_manager.message, new)


def test_a_newer_minor_takes_the_newest_known_one_and_says_so() -> None:
    behaviour, newest = Behaviour.for_version("1.41.3"), Behaviour.for_version("1.37")
    assert (behaviour.minor, behaviour.assumed_from) == ("1.41", "1.37")
    assert behaviour.status == newest.status


def test_a_version_before_the_feature_is_refused() -> None:
    with pytest.raises(CatalogueError, match=r"Kubernetes 1\.26 has no in-place pod resize; choose 1\.27 or newer"):
        Behaviour.for_version("1.26.1")
    with pytest.raises(ValueError, match="'latest' is no Kubernetes version"):
        Behaviour.for_version("latest")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('endpoint = "resize"', 'endpoint = "sub"', r'\["1\.32"\.submit\] endpoint is \'sub\', must be one of'),
        ('stage = "alpha"\n', "", r'\["1\.27"\.release\]: the key \'stage\' is missing'),
        ('checks = "pod-and', 'check = "pod-and', r'\["1\.34"\.memory_shrink\]: unknown key \'check\''),
        ("Pod QoS is immutable", "Pod QoS is (immutable", r'\["1\.27"\.qos_change\] message is no regular expression'),
    ],
)
def test_a_broken_catalogue_names_file_table_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (DATA / "behaviour.toml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "behaviour.toml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError, match=rf"behaviour\.toml: {message}"):
        Behaviour.for_version("1.37", broken)
