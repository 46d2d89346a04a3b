"""results.json and its schema: what is written can be read, and what is broken is refused."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from reports.__main__ import main
from reports.load import from_json, load
from reports.model import Verdict
from reports.schema import SCHEMA_FILE, InvalidResultsError, validate
from reports.write import write_all
from tests.reports import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


#: Fields that came after the first results were written: a file without them is valid and can be read.
_ADDED = {"cluster": {"node", "runtime"}, "case": {"rules", "upstream"}}


@pytest.fixture
def document() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(json.dumps(sample.results().to_json()))
    return parsed


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    sample.write_evidence(tmp_path)
    write_all(sample.results(), tmp_path)
    return tmp_path


def test_sample_is_valid_and_comes_back_equal(document: dict[str, Any]) -> None:
    validate(document)
    assert from_json(document) == sample.results()


def test_sample_holds_every_verdict() -> None:
    assert {case.verdict for case in sample.results().cases} == set(Verdict)


def _properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        for name, part in schema.get("properties", {}).items():
            yield name, part
        for key, part in schema.items():
            if key != "allOf":
                yield from _properties(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _properties(part)


def test_every_field_of_the_schema_is_described() -> None:
    schema = json.loads(SCHEMA_FILE.read_text())
    Draft202012Validator.check_schema(schema)
    definitions = schema["$defs"]
    found = list(_properties(schema))
    assert len(found) > 40
    for name, part in found:
        target = definitions[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        assert target.get("description"), name


def test_schema_requires_every_field_of_the_model(document: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA_FILE.read_text())
    for name, sample_part in (
        ("run", document["run"]),
        ("cluster", document["clusters"][0]),
        ("case", document["cases"][0]),
    ):
        assert set(schema["$defs"][name]["required"]) == set(sample_part) - _ADDED.get(name, set()), name


def _other_version(document: dict[str, Any]) -> None:
    document["schema_version"] = 2


def _no_cases(document: dict[str, Any]) -> None:
    del document["cases"]


def _unknown_verdict(document: dict[str, Any]) -> None:
    document["cases"][0]["verdict"] = "passed"


def _known_issue_without_issue(document: dict[str, Any]) -> None:
    document["cases"][0] |= {"verdict": "known-issue", "reason": "some", "known_issue": None}


def _violation_without_reason(document: dict[str, Any]) -> None:
    document["cases"][0] |= {"verdict": "violation", "reason": ""}


def _local_time(document: dict[str, Any]) -> None:
    document["run"]["started"] = "2026-11-23 04:19"


def _negative_duration(document: dict[str, Any]) -> None:
    document["cases"][0]["duration_s"] = -1


def _point_of_one(document: dict[str, Any]) -> None:
    case = next(case for case in document["cases"] if case["timeline"])
    case["timeline"][0]["series"][0]["points"] = [[1.0]]


def _unknown_layer(document: dict[str, Any]) -> None:
    case = next(case for case in document["cases"] if case["timeline"])
    case["timeline"][0]["series"][0]["layer"] = "kernel"


def _measurement_without_value(document: dict[str, Any]) -> None:
    document["cases"][0]["measurements"] = [{"delay": {"unit": "s"}}]


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (_other_version, "schema_version"),
        (_no_cases, "cases"),
        (_unknown_verdict, "verdict"),
        (_known_issue_without_issue, "known_issue"),
        (_violation_without_reason, "reason"),
        (_local_time, "started"),
        (_negative_duration, "duration_s"),
        (_point_of_one, "points"),
        (_unknown_layer, "layer"),
        (_measurement_without_value, "value"),
    ],
)
def test_a_broken_document_is_refused(
    document: dict[str, Any], spoil: Callable[[dict[str, Any]], None], place: str
) -> None:
    broken = copy.deepcopy(document)
    spoil(broken)
    with pytest.raises(InvalidResultsError, match=place):
        validate(broken)


def test_another_version_is_named(document: dict[str, Any]) -> None:
    _other_version(document)
    with pytest.raises(InvalidResultsError, match="schema version 2, this suite reads 1"):
        from_json(document)


def test_fields_of_a_later_suite_are_ignored(document: dict[str, Any]) -> None:
    document["run"]["weather"] = "fine"
    document["cases"][0]["mood"] = "good"
    assert from_json(document) == sample.results()


def test_invalid_results_leave_the_folder_as_it_was(tmp_path: Path) -> None:
    results = sample.results()
    results.cases[0].duration_s = float("nan")
    with pytest.raises(InvalidResultsError, match="can't be written as JSON"):
        write_all(results, tmp_path)
    results.cases[0].duration_s = -1.0
    with pytest.raises(InvalidResultsError, match="duration_s"):
        write_all(results, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_results_json_is_the_same_document_with_a_point_a_line(run_folder: Path, document: dict[str, Any]) -> None:
    text = (run_folder / "results.json").read_text()
    assert "[0.018, 300]" in text
    written = json.loads(text)
    assert written["clusters"] == document["clusters"]
    assert [case["timeline"] for case in written["cases"]] == [case["timeline"] for case in document["cases"]]


def test_write_all_writes_every_report_and_no_leftovers(run_folder: Path) -> None:
    names = {path.name for path in run_folder.iterdir()}
    assert names == {"results.json", "junit.xml", "report.html", "allure-results", "evidence"}
    assert {path.name for path in (run_folder / "allure-results").iterdir()} == {
        "categories.json",
        "environment.properties",
        "executor.json",
    }
    assert (run_folder / "report.html").stat().st_mode & 0o777 == 0o644


def test_no_report_holds_a_secret(run_folder: Path) -> None:
    written = [path for path in run_folder.rglob("*") if path.is_file() and "evidence" not in path.parts]
    assert len(written) == 6
    for path in written:
        text = path.read_text()
        assert not [secret for secret in sample.SECRETS if secret in text], path
    assert "Bearer [redacted]" in (run_folder / "report.html").read_text()


def test_reports_are_made_again_from_results_json(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {name: (run_folder / name).read_text() for name in ("report.html", "junit.xml")}
    for name in before:
        (run_folder / name).unlink()
    assert main([str(run_folder)]) == 0
    assert {name: (run_folder / name).read_text() for name in before} == before
    assert "violation" in capsys.readouterr().out


@pytest.mark.parametrize(("content", "says"), [(None, "can't be read"), ("{", "is not JSON"), ("[]", "is not of type")])
def test_a_folder_without_valid_results_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, says: str
) -> None:
    if content is not None:
        (tmp_path / "results.json").write_text(content)
    assert main([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert str(tmp_path) in error
    with pytest.raises(InvalidResultsError):
        load(tmp_path)


def test_a_document_from_before_nodes_had_platforms_is_read(document: dict[str, Any]) -> None:
    for cluster in document["clusters"]:
        del cluster["node"]
    assert [cluster.node for cluster in from_json(document).clusters] == ["", ""]
