from __future__ import annotations

import pytest

from resize.resources import Resources


def test_guaranteed_resources_have_equal_requests_and_limits() -> None:
    resources = Resources.guaranteed(cpu="100m", memory="150M")
    assert resources == Resources(
        cpu_request_milli=100, cpu_limit_milli=100, memory_request_bytes=150_000_000, memory_limit_bytes=150_000_000
    )
    assert resources.describe() == "cpu 100m/100m, memory 150M/150M"


def test_json_is_read_whatever_the_spelling_and_written_canonically() -> None:
    resources = Resources.from_json(
        {
            "requests": {"cpu": "0.3", "memory": "250000k", "ephemeral-storage": "1Gi"},
            "limits": {"cpu": "300m", "memory": "250M"},
        }
    )
    assert resources == Resources.guaranteed(cpu="300m", memory="250M")
    assert resources.to_json() == {
        "requests": {"cpu": "300m", "memory": "250M"},
        "limits": {"cpu": "300m", "memory": "250M"},
    }


@pytest.mark.parametrize("document", [None, {}, {"requests": None}, {"limits": {}}, {"claims": []}])
def test_missing_parts_read_as_no_values(document: dict[str, object] | None) -> None:
    resources = Resources.from_json(document)
    assert resources == Resources()
    assert resources.to_json() == {}
    assert resources.describe() == "cpu -/-, memory -/-"


def test_only_set_values_are_written() -> None:
    hungry = Resources.of(memory_request="100M", memory_limit="100M")
    assert hungry.to_json() == {"requests": {"memory": "100M"}, "limits": {"memory": "100M"}}
    assert Resources.of(cpu_request="1").to_json() == {"requests": {"cpu": "1"}}


def test_zero_is_a_value() -> None:
    assert Resources.of(cpu_request="0").to_json() == {"requests": {"cpu": "0"}}


def test_changes_make_a_copy() -> None:
    before = Resources.guaranteed(cpu="100m", memory="150M")
    assert before.with_cpu("300m").describe() == "cpu 300m/300m, memory 150M/150M"
    assert before.with_memory("250M").describe() == "cpu 100m/100m, memory 250M/250M"
    assert before.with_changes(cpu_limit_milli=None).describe() == "cpu 100m/-, memory 150M/150M"
    assert before == Resources.guaranteed(cpu="100m", memory="150M")


def test_differences_name_each_value() -> None:
    actual = Resources.guaranteed(cpu="100m", memory="150M")
    wanted = Resources.of(cpu_request="100m", cpu_limit="300m", memory_request="150M")
    assert actual.differences(wanted) == ["cpu limit is 100m, not 300m", "memory limit is 150M, not -"]
    assert actual.differences(actual) == []


def test_a_bad_quantity_is_named() -> None:
    with pytest.raises(ValueError, match="'lots' is no Kubernetes quantity"):
        Resources.from_json({"limits": {"memory": "lots"}})
