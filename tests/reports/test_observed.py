"""What runs have seen gets into observed.toml, and only that."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

from reports.model import Verdict
from reports.observed import document, seen
from resize.rules import load_rules
from tests.reports import sample

if TYPE_CHECKING:
    from pathlib import Path

    from reports.model import Case


def of(verdict: Verdict, *rules: str, cluster: str = sample.NEW) -> Case:
    return replace(sample.results().cases[0], verdict=verdict, rules=list(rules), cluster=cluster)


def test_only_a_conformant_case_has_seen_its_rules() -> None:
    cases = [
        of(Verdict.CONFORMANT, "status.surface"),
        of(Verdict.CONFORMANT, "status.surface", cluster=sample.OLD),
        of(Verdict.KNOWN_ISSUE, "actuation.needs_all_limits"),
        of(Verdict.API_ONLY, "actuation.in_place"),
        of(Verdict.NOT_APPLICABLE, "release.gates"),
    ]

    found = seen(replace(sample.results(), cases=cases))

    assert found == {("status.surface", "1.37.2"), ("status.surface", "1.30.14")}


def test_what_is_known_stays_as_long_as_the_value_stands(tmp_path: Path) -> None:
    before = tmp_path / "observed.toml"
    before.write_text('["status.surface"]\nresize-field = ["1.30.14"]\nother = ["1.33.13"]\n', encoding="utf-8")
    rules = load_rules(observed=before)

    text = document(rules, [("status.surface", "1.37.2"), ("status.surface", "1.30.9"), ("deferred.event", "1.27.4")])

    assert tomllib.loads(text) == {
        "status.surface": {"resize-field": ["1.30.9", "1.30.14"], "conditions": ["1.37.2"]},
    }
