"""The page's section on the catalogue: the run's versions only, each rule's value, and the verdicts of its cases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reports.html.rules import Catalogue, RuleLine, catalogue
from reports.matrix import grouped
from reports.model import Verdict
from resize.catalogue import CatalogueError
from resize.rules import load_rules
from tests.reports import sample

if TYPE_CHECKING:
    from reports.model import Case, Results


def results(*cases: Case) -> Results:
    return replace(sample.results(), cases=list(cases))


def case(verdict: Verdict, cluster: str, *rules: str, name: str = "a") -> Case:
    return replace(sample.results().cases[0], id=name, verdict=verdict, cluster=cluster, rules=list(rules))


def of(found: Results) -> Catalogue:
    return catalogue(grouped(found), found.clusters)


def line(found: Results, rule: str) -> RuleLine:
    return next(line for _, lines in of(found).topics for line in lines if line.rule.name == rule)


def test_every_rule_has_a_row_and_every_version_of_the_run_a_column() -> None:
    found = of(results())

    assert found.minors == ["1.30", "1.37"]
    assert [line.rule.name for _, lines in found.topics for line in lines] == list(load_rules())
    assert all(sum(cell.columns for cell in line.cells) == 2 for _, lines in found.topics for line in lines)


def test_versions_that_agree_share_a_cell() -> None:
    surface, kept = (line(results(), rule) for rule in ("status.surface", "submit.other_writers_kept"))

    assert [cell.text for cell in surface.cells] == ["resize-field", "conditions"]
    assert len({cell.text for cell in kept.cells}) == 1


def test_the_worst_verdict_of_the_cases_that_cite_a_rule_stands_beside_it() -> None:
    found = results(
        case(Verdict.CONFORMANT, sample.NEW, "status.surface"),
        case(Verdict.VIOLATION, sample.NEW, "status.surface", name="b"),
        case(Verdict.CONFORMANT, sample.OLD, "status.surface"),
        case(Verdict.VIOLATION, sample.OLD, "status.proposed", name="c"),
    )
    old, new = line(found, "status.surface").cells

    assert old.case is not None
    assert new.case is not None
    assert (old.case.verdict, old.number) == (Verdict.CONFORMANT, 1)
    assert (new.case.verdict, new.number) == (Verdict.VIOLATION, 2)
    assert all(cell.case is None for cell in line(found, "deferred.message").cells)


def test_known_issues_of_the_runs_versions_are_named() -> None:
    found = results()
    newest = replace(found, clusters=[found.clusters[1]])

    assert "KI-LIMITS-EVERYWHERE" in [issue.id for issue in line(found, "actuation.needs_all_limits").issues]
    assert "KI-LIMITS-EVERYWHERE" not in [issue.id for issue in line(newest, "actuation.needs_all_limits").issues]


def test_a_cluster_whose_version_is_not_known_has_no_column() -> None:
    found = results()
    unknown = replace(found, clusters=[replace(found.clusters[0], kube_version="")])

    assert of(unknown).minors == []
    assert of(unknown).topics == []


def test_a_catalogue_that_is_being_edited_costs_the_section_and_not_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise CatalogueError("no TOML")

    monkeypatch.setattr("reports.html.rules.load_rules", broken)

    assert of(results()).minors == []
