from __future__ import annotations

import pytest

from resize.cgroup_formula import (
    container_weight_formula,
    cpu_quota_systemd_us,
    cpu_quota_us,
    cpu_shares,
    cpu_weight_linear,
    cpu_weight_quadratic,
    memory_limit_pages,
)

# milli, shares, linear weight, quadratic weight, quota: computed from Kubernetes' and runc's sources by hand.
TABLE = [
    (0, 2, 1, 1, None),
    (1, 2, 1, 1, 1000),
    (2, 2, 1, 1, 1000),
    (5, 5, 1, 2, 1000),
    (10, 10, 1, 4, 1000),
    (15, 15, 1, 5, 1500),
    (20, 20, 1, 6, 2000),
    (25, 25, 1, 6, 2500),
    (30, 30, 2, 7, 3000),
    (35, 35, 2, 8, 3500),
    (50, 51, 2, 11, 5000),
    (100, 102, 4, 17, 10000),
    (150, 153, 6, 24, 15000),
    (200, 204, 8, 29, 20000),
    (250, 256, 10, 35, 25000),
    (300, 307, 12, 40, 30000),
    (500, 512, 20, 59, 50000),
    (700, 716, 28, 76, 70000),
    (750, 768, 30, 80, 75000),
    (800, 819, 32, 84, 80000),
    (1000, 1024, 39, 100, 100000),
    (1500, 1536, 59, 138, 150000),
    (2000, 2048, 79, 174, 200000),
    (4000, 4096, 157, 303, 400000),
]


@pytest.mark.parametrize(("milli", "shares", "linear", "quadratic", "quota"), TABLE)
def test_cpu_values(milli: int, shares: int, linear: int, quadratic: int, quota: int | None) -> None:
    assert cpu_shares(milli) == shares
    assert cpu_weight_linear(shares) == linear
    assert cpu_weight_quadratic(shares) == quadratic
    if quota is not None:
        assert cpu_quota_us(milli) == quota


def test_bounds_of_shares_and_weights() -> None:
    assert cpu_shares(10**9) == 262144
    assert (cpu_weight_linear(2), cpu_weight_quadratic(2)) == (1, 1)
    assert (cpu_weight_linear(262144), cpu_weight_quadratic(262144)) == (10_000, 10_000)
    # The figure in opencontainers/runc#4896.
    assert cpu_weight_quadratic(2000) == 170


def test_weights_never_fall_when_shares_rise() -> None:
    quadratic = [cpu_weight_quadratic(shares) for shares in range(2, 20_000)]
    assert quadratic == sorted(quadratic)


@pytest.mark.parametrize(
    ("components", "formula"),
    [
        ({"runc": "1.1.12"}, "linear"),
        ({"runc": "1.3.1"}, "linear"),
        ({"runc": "v1.3.2"}, "quadratic"),
        ({"runc": "1.4.0-rc.1"}, "quadratic"),
        ({"runc": "1.5.2", "containerd": "1.6.8"}, "quadratic"),
        ({"crun": "1.8.1"}, "linear"),
        ({"crun": "1.22"}, "linear"),
        ({"crun": "1.23"}, "quadratic"),
        ({"runc": "unknown"}, None),
        ({}, None),
    ],
)
def test_formula_by_the_version_of_the_oci_runtime(components: dict[str, str], formula: str | None) -> None:
    assert container_weight_formula(components) == formula


@pytest.mark.parametrize(
    ("milli", "quota"), [(1, 1000), (10, 1000), (11, 2000), (25, 3000), (30, 3000), (417, 42_000), (420, 42_000)]
)
def test_systemd_rounds_up_to_ten_milli(milli: int, quota: int) -> None:
    assert cpu_quota_systemd_us(milli) == quota


@pytest.mark.parametrize(
    ("limit", "page", "kernel"),
    [
        (250_000_000, 4096, 249_999_360),
        (150_000_000, 4096, 149_999_616),
        (100_000_000, 4096, 99_999_744),
        (134_217_728, 4096, 134_217_728),
        (250_000_000, 65_536, 249_954_304),
        (4095, 4096, 0),
    ],
)
def test_memory_is_rounded_down_to_pages(limit: int, page: int, kernel: int) -> None:
    assert memory_limit_pages(limit, page) == kernel
