from __future__ import annotations

from decimal import Decimal

import pytest

from resize.quantity import cpu_milli, exact, format_cpu, format_memory, memory_bytes, same_quantity


@pytest.mark.parametrize(
    ("text", "milli"),
    [
        ("100m", 100),
        ("0.1", 100),
        (".1", 100),
        ("1", 1000),
        ("1.", 1000),
        ("0", 0),
        ("2.5", 2500),
        ("1e-1", 100),
        ("1E1", 10_000),
        ("250000u", 250),
        ("100000000n", 100),
        ("1k", 1_000_000),
        # Go's MilliValue rounds up.
        ("0.0001", 1),
        ("100.1m", 101),
        ("1n", 1),
    ],
)
def test_cpu_is_read_in_milli(text: str, milli: int) -> None:
    assert cpu_milli(text) == milli


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("150M", 150_000_000),
        ("128Mi", 134_217_728),
        ("1e3", 1000),
        ("1E3", 1000),
        ("12E", 12 * 10**18),
        ("1Ei", 2**60),
        ("1.5Gi", 1_610_612_736),
        ("128974848000m", 128_974_848),
        ("0", 0),
        ("+5k", 5000),
        # Go's Value rounds up.
        ("1m", 1),
        ("0.1Ki", 103),
    ],
)
def test_memory_is_read_in_bytes(text: str, number: int) -> None:
    assert memory_bytes(text) == number


@pytest.mark.parametrize(
    "text", ["", "m", "100 m", " 1", "1_000", "NaN", "inf", "1mi", "1ki", "1KI", "0x10", "1e", "1,5", "--1", "\u0661"]
)
def test_what_is_no_quantity_is_named_in_the_error(text: str) -> None:
    with pytest.raises(ValueError, match="is no Kubernetes quantity; write for example 100m") as raised:
        memory_bytes(text)
    assert repr(text) in str(raised.value)


def test_negative_quantities_are_refused() -> None:
    with pytest.raises(ValueError, match="'-1' is negative"):
        cpu_milli("-1")


@pytest.mark.parametrize(
    ("milli", "text"),
    [(0, "0"), (1, "1m"), (300, "300m"), (1000, "1"), (1500, "1500m"), (2_000_000, "2k"), (10_000, "10")],
)
def test_cpu_is_written_canonically(milli: int, text: str) -> None:
    assert format_cpu(milli) == text
    assert cpu_milli(text) == milli


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (150_000_000, "150M"),
        (250_000_000, "250M"),
        (134_217_728, "128Mi"),
        (2**30, "1Gi"),
        (1024, "1Ki"),
        (1000, "1k"),
        (10_240, "10Ki"),
        (249_999_360, "244140Ki"),
        (1_024_000, "1024k"),
        (123, "123"),
        (3 * 10**18, "3E"),
    ],
)
def test_memory_is_written_canonically(number: int, text: str) -> None:
    assert format_memory(number) == text
    assert memory_bytes(text) == number


def test_negative_numbers_are_not_written() -> None:
    with pytest.raises(ValueError, match="-1 milli-CPU is negative"):
        format_cpu(-1)
    with pytest.raises(ValueError, match="-1 bytes is negative"):
        format_memory(-1)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("0.1", "100m", True),
        ("1Gi", "1024Mi", True),
        ("150M", "150000k", True),
        ("150M", "150Mi", False),
        # Equal only once rounded.
        ("1n", "1m", False),
        ("0", None, False),
        (None, "0", False),
        (None, None, True),
    ],
)
def test_quantities_are_compared_by_value(left: str | None, right: str | None, same: bool) -> None:
    assert same_quantity(left, right) is same


def test_exact_keeps_fractions() -> None:
    assert exact("1.5m") == Decimal("0.0015")
