"""The journal: whatever moment a run is killed at, the cases that were over are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reports.__main__ import main
from reports.journal import JOURNAL, Journal, RunInUseError, read_journal
from reports.load import load
from reports.model import Verdict
from reports.write import write_all
from tests.reports import sample

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_that_was_killed_has_a_report(tmp_path: Path) -> None:
    results = sample.results()
    journal = Journal(tmp_path)
    journal.begin(results.run)
    for case in results.cases:
        journal.add(case, results.clusters)
    found = load(tmp_path)
    assert (found.run.id, found.run.interrupted, found.run.exit_code) == (results.run.id, True, 2)
    write_all(results, tmp_path / "whole")
    whole = load(tmp_path / "whole")
    assert found.cases == sorted(whole.cases, key=lambda case: (case.id, case.cluster))
    assert {cluster.name for cluster in found.clusters} == {cluster.name for cluster in results.clusters}
    # A cluster of which nothing new is known is told once.
    assert (tmp_path / JOURNAL).read_text(encoding="utf-8").count('"cluster": {') == len(results.clusters)
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "report.html").exists()


def test_half_a_line_is_no_entry_and_spoils_none(tmp_path: Path) -> None:
    results = sample.results()
    first, second = results.cases[:2]
    journal = Journal(tmp_path)
    journal.begin(results.run)
    journal.add(first, [])
    del journal
    with (tmp_path / JOURNAL).open("a", encoding="utf-8") as file:
        file.write('{"at": 1.0, "case": {"id": "cut o')
    again = Journal(tmp_path)
    again.begin(results.run)
    again.add(second, [])
    found = read_journal(tmp_path)
    assert found is not None
    assert sorted(found.cases) == sorted((case.id, case.cluster) for case in (first, second))


def test_the_last_word_on_a_case_counts(tmp_path: Path) -> None:
    results = sample.results()
    case = results.cases[0]
    journal = Journal(tmp_path)
    journal.begin(results.run)
    case.verdict = Verdict.BROKEN_ENVIRONMENT
    journal.add(case, results.clusters)
    case.verdict, case.message = Verdict.CONFORMANT, "a line\u2028that only looks like two"
    journal.add(case, results.clusters)
    found = read_journal(tmp_path)
    assert found is not None
    assert found.cases == {(case.id, case.cluster): case}


def test_secrets_do_not_get_into_it(tmp_path: Path) -> None:
    results = sample.results()
    results.cases[0].message = "Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123"
    journal = Journal(tmp_path)
    journal.begin(results.run)
    journal.add(results.cases[0], [])
    assert "abcdefghijklmn" not in (tmp_path / JOURNAL).read_text(encoding="utf-8")


def test_a_run_that_goes_on_is_nobody_elses(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.hold()
    with pytest.raises(RunInUseError, match="is still going on"):
        Journal(tmp_path).hold()


def test_no_journal_and_an_empty_one_tell_nothing(tmp_path: Path) -> None:
    assert read_journal(tmp_path) is None
    Journal(tmp_path).hold()
    assert read_journal(tmp_path) is None
