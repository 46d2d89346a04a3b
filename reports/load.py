"""Reads ``results.json`` back into the model."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from reports.model import SCHEMA_VERSION, Case, Cluster, KnownIssue, Results, Run, Verdict
from reports.schema import InvalidResultsError, validate

if TYPE_CHECKING:
    from pathlib import Path

_Record = TypeVar("_Record", Run, Cluster, KnownIssue, Case)


def load(path: Path) -> Results:
    """Reads a results document.

    Args:
        path: The file, or the folder of a run that holds ``results.json``.

    Raises:
        InvalidResultsError: The file is missing, is not JSON, has another schema version, or breaks the schema.
    """
    file = path / "results.json" if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidResultsError(
            f"{file} can't be read: {error.strerror}. Name the folder of a run, such as results/latest."
        ) from error
    except ValueError as error:
        raise InvalidResultsError(
            f"{file} is not JSON: {error}. Was the run stopped while it wrote the file?"
        ) from error
    return from_json(document, source=str(file))


def from_json(document: Any, *, source: str = "results.json") -> Results:
    """Makes the model from a results document; fields the model doesn't know are left out.

    Raises:
        InvalidResultsError: Another schema version, or the document breaks the schema.
    """
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version is not None and version != SCHEMA_VERSION:
        raise InvalidResultsError(
            f"{source} has schema version {version}, this suite reads {SCHEMA_VERSION}. Use the suite that wrote it."
        )
    validate(document, source=source)
    return Results(
        run=_record(Run, document["run"]),
        clusters=[_record(Cluster, cluster) for cluster in document["clusters"]],
        cases=[_case(case) for case in document["cases"]],
    )


def _case(document: dict[str, Any]) -> Case:
    case = _record(Case, document)
    case.verdict = Verdict(document["verdict"])
    if document.get("known_issue") is not None:
        case.known_issue = _record(KnownIssue, document["known_issue"])
    return case


def _record(kind: type[_Record], document: dict[str, Any]) -> _Record:
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in document.items() if name in known})
