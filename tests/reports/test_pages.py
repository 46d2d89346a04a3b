"""The pages of docs/ are what catalogue and suites say today, and suites cite only what the catalogue has."""

from __future__ import annotations

import pytest

from reports.pages.__main__ import DOCS, pages
from reports.pages.cases import CollectedCase, collect_cases
from reports.pages.coverage import NOT_CHECKED, coverage_page, missing, unchecked
from resize.known_issues import known_issues
from resize.rules import load_rules
from resize.upstream import upstream_cases

#: Whether every upstream case must have one of ours. Where it need not, docs/coverage.md tells which have none.
ALL_UPSTREAM_CASES_ARE_COVERED = True
#: Whether every rule of the catalogue must have a case. Where it need not, docs/coverage.md tells which have none.
ALL_RULES_ARE_CHECKED = True


@pytest.fixture(scope="module")
def cases() -> list[CollectedCase]:
    return collect_cases()


@pytest.mark.parametrize("name", ["behaviour.md", "coverage.md"])
def test_page_is_what_catalogue_and_suites_say(name: str, cases: list[CollectedCase]) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert page == pages(cases)[name], "stale: run `python -m reports.pages` and commit the page"


def test_upstream_cases_that_markers_name_exist(cases: list[CollectedCase]) -> None:
    known = upstream_cases()
    unknown = [f"{case.id}: {name}" for case in cases for name in case.upstream if name not in known]
    assert unknown == [], "ids are those of resize/data/upstream_cases.toml"


def test_upstream_cases_are_covered(cases: list[CollectedCase]) -> None:
    without = missing(upstream_cases(), cases)
    assert without == [] or not ALL_UPSTREAM_CASES_ARE_COVERED


def test_every_case_cites_a_rule_that_exists(cases: list[CollectedCase]) -> None:
    unknown = [f"{case.id}: {rule}" for case in cases for rule in case.rules if rule not in load_rules()]
    assert unknown == [], "a rule is a topic and a key of resize/data/behaviour.toml"
    assert [case.id for case in cases if not case.rules] == [], "name what it checks by the marker rule"


def test_every_rule_is_checked_by_a_case(cases: list[CollectedCase]) -> None:
    without = unchecked(load_rules(), cases)
    assert without == [] or not ALL_RULES_ARE_CHECKED


def test_a_case_that_must_fail_cites_what_its_known_issue_bends(cases: list[CollectedCase]) -> None:
    for case in cases:
        for issue in case.known_issues:
            assert set(case.rules) & set(known_issues()[issue].rules), f"{case.id} cites no rule that {issue} bends"


def case(name: str, *upstream: str) -> CollectedCase:
    return CollectedCase(f"suites/some/test_some.py::{name}", f"Title of {name}", ("status.surface",), upstream, ())


def test_a_parametrized_case_stands_for_its_own_upstream_case_only() -> None:
    ours = [case("test_a[x]", "retry/order"), case("test_a[y]"), case("test_a[z]")]
    known = {name: entry for name, entry in upstream_cases().items() if entry.group == "retry"}

    assert missing(known, ours) == ["retry/shrink-makes-room", "retry/chain-reaction"]
    page = coverage_page(known, ["status.surface", "deferred.retry"], ours)
    assert "| [retry](#retry) | Retries of Deferred resizes | 1 of 3 |" in page
    assert "| `retry/order` |" in page
    assert "| 1.34 on | [`test_a[x]`](../suites/some/test_some.py) |" in page
    assert "2 of our 3 cases have no counterpart there." in page
    assert "[`test_a`](../suites/some/test_some.py) | Title of test_a[y] | 2 |" in page
    assert "| [`status.surface`](behaviour.md#status) | [`test_a`](../suites/some/test_some.py) |" in page
    assert f"| [`deferred.retry`](behaviour.md#deferred) | {NOT_CHECKED} |" in page


def test_what_is_left_out_on_purpose_is_not_missing() -> None:
    known = {name: entry for name, entry in upstream_cases().items() if entry.group == "dra"}

    assert missing(known, []) == []
    assert "| left out |" in coverage_page(known, [], [])
