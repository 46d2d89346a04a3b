from __future__ import annotations

import pytest

from benchmarks.ids import by_id, drawn, plain, upstream_names
from clusters.versions import KubeVersion

TABLES = {
    "burstable": {
        "describe": "Pod InPlace Resize Container burstable",
        "first": "1.35",
        "cases": {"cpu": "resizing cpu", "mem": {"name": "resizing mem", "first": "1.37"}},
    },
    "alpha": {"describe": "Pod InPlace Resize", "first": "1.27", "last": "1.34", "cases": {"one": "a case"}},
}


def test_tags_are_no_part_of_a_name() -> None:
    assert plain("[sig-node] Pod InPlace Resize  [FeatureGate:X] [Beta] resizing cpu [Slow]") == (
        "Pod InPlace Resize resizing cpu"
    )


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.34.4", {"alpha/one": "Pod InPlace Resize a case"}),
        ("1.36.3", {"burstable/cpu": "Pod InPlace Resize Container burstable resizing cpu"}),
    ],
)
def test_a_version_has_the_cases_of_its_time(version: str, expected: dict[str, str]) -> None:
    assert upstream_names(KubeVersion.parse(version), TABLES) == expected


def test_the_catalogue_has_names_of_the_newest_version() -> None:
    names = upstream_names(KubeVersion.parse("1.37.2"))
    assert "burstable/no-restart/cpu-requests" in names
    assert len(set(names.values())) == len(names)


def test_cases_are_found_by_their_plain_names() -> None:
    names = {"a/1": "Resize one", "a/2": "Resize two"}
    full = ["[sig-node] Resize [Slow] two", "[sig-node] Resize three"]
    assert by_id(names, full) == {"a/2": "[sig-node] Resize [Slow] two"}


def test_cases_are_drawn_at_even_distances() -> None:
    assert drawn(list("abcdefghij"), 3) == ["a", "d", "g"]
    assert drawn(list("ab"), 5) == ["a", "b"]
