"""The pages of docs/ are what catalogue and suites say today, and suites cite only what the catalogue has."""

from __future__ import annotations

import pytest

from reports.pages.__main__ import DOCS
from reports.pages.cases import CollectedCase, collect_cases
from reports.pages.coverage import NOT_COVERED, coverage_page, missing
from resize.upstream import upstream_cases

#: Whether every upstream case must have one of ours. Until it does, docs/coverage.md tells which have none.
ALL_UPSTREAM_CASES_ARE_COVERED = False


@pytest.fixture(scope="module")
def cases() -> list[CollectedCase]:
    return collect_cases()


def test_coverage_page_is_what_the_suites_say(cases: list[CollectedCase]) -> None:
    page = (DOCS / "coverage.md").read_text(encoding="utf-8")
    assert page == coverage_page(upstream_cases(), cases), "stale: run `python -m reports.pages` and commit the page"


def test_upstream_cases_that_markers_name_exist(cases: list[CollectedCase]) -> None:
    known = upstream_cases()
    unknown = [f"{case.id}: {name}" for case in cases for name in case.upstream if name not in known]
    assert unknown == [], "ids are those of resize/data/upstream_cases.toml"


def test_upstream_cases_are_covered(cases: list[CollectedCase]) -> None:
    without = missing(upstream_cases(), cases)
    if ALL_UPSTREAM_CASES_ARE_COVERED:
        assert without == []
    assert (NOT_COVERED in coverage_page(upstream_cases(), cases)) == bool(without)


def case(name: str, *upstream: str) -> CollectedCase:
    return CollectedCase(f"suites/some/test_some.py::{name}", f"Title of {name}", (), upstream)


def test_a_parametrized_case_stands_for_its_own_upstream_case_only() -> None:
    ours = [case("test_a[x]", "retry/order"), case("test_a[y]"), case("test_a[z]")]
    known = {name: entry for name, entry in upstream_cases().items() if entry.group == "retry"}

    assert missing(known, ours) == ["retry/shrink-makes-room", "retry/chain-reaction"]
    page = coverage_page(known, ours)
    assert "| [retry](#retry) | Retries of Deferred resizes | 1 of 3 |" in page
    assert "| `retry/order` |" in page
    assert "| 1.34 on | [`test_a[x]`](../suites/some/test_some.py) |" in page
    assert "2 of our 3 cases have no counterpart there." in page
    assert "[`test_a`](../suites/some/test_some.py) | Title of test_a[y] | 2 |" in page


def test_what_is_left_out_on_purpose_is_not_missing() -> None:
    known = {name: entry for name, entry in upstream_cases().items() if entry.group == "dra"}

    assert missing(known, []) == []
    assert "| left out |" in coverage_page(known, [])
