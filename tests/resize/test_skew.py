from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.behaviour import TOPICS, Behaviour
from resize.catalogue import DATA, CatalogueError, read_toml
from resize.skew import with_kubelet

if TYPE_CHECKING:
    from pathlib import Path

FILE = DATA / "sides.toml"


def skewed(api: str, kubelet: str, path: Path = FILE) -> Behaviour:
    return with_kubelet(Behaviour.for_version(api), Behaviour.for_version(kubelet), path)


def test_every_topic_has_a_side() -> None:
    without = [name for name in TOPICS if name not in read_toml(FILE)["sides"]]
    assert without == [], "say in resize/data/sides.toml which component does what the topic says"


def test_the_same_minor_is_no_skew() -> None:
    assert skewed("1.37.2", "1.37.0") == Behaviour.for_version("1.37")


def test_each_side_brings_its_own() -> None:
    found, api, kubelet = skewed("1.33", "1.32"), Behaviour.for_version("1.33"), Behaviour.for_version("1.32")
    assert found.minor == "1.33"
    assert (found.submit, found.qos_change, found.removal) == (api.submit, api.qos_change, api.removal)
    assert (found.events, found.actuation, found.cgroups) == (kubelet.events, kubelet.actuation, kubelet.cgroups)
    # The field is the kubelet's, but who proposes is the API server.
    assert (found.status.surface, found.status.proposed) == ("resize-field", False)


@pytest.mark.parametrize(
    ("api", "kubelet", "over_capacity", "below_usage"),
    [
        ("1.37", "1.34", "forbidden-403", "in-progress-error"),
        ("1.35", "1.34", "infeasible-condition", "in-progress-error"),
        ("1.33", "1.30", "infeasible-status", "forbidden-by-api"),
        ("1.32", "1.30", "infeasible-status", "in-progress-silent"),
    ],
)
def test_who_refuses_first_decides(api: str, kubelet: str, over_capacity: str, below_usage: str) -> None:
    found = skewed(api, kubelet)
    assert (found.over_capacity.answer, found.memory_shrink.below_usage) == (over_capacity, below_usage)


def test_what_a_kubelet_does_that_its_own_api_server_forbids() -> None:
    alone = skewed("1.36", "1.33").memory_shrink
    assert (alone.limit_decrease, alone.checks) == ("allowed", "pod")
    assert alone.below_usage == "in-progress-error"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('deferred = "kubelet"', 'deferred = "scheduler"', "deferred = 'scheduler'"),
        ('"status.proposed"', '"stature.proposed"', r"stature\.proposed"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "sides.toml"
    broken.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueError, match=message):
        skewed("1.37", "1.36", broken)


@pytest.mark.parametrize("kubelet", [f"1.{minor}" for minor in range(27, 37)])
def test_every_pair_that_kubernetes_supports_can_be_put_together(kubelet: str) -> None:
    minor = int(kubelet.partition(".")[2])
    for api in range(minor, min(minor + 3, 37) + 1):
        assert all(getattr(skewed(f"1.{api}", kubelet), topic) is not None for topic in TOPICS)
