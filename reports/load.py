"""Reads ``results.json`` back into the model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reports.journal import read_journal
from reports.model import SCHEMA_VERSION, Results
from reports.records import case_of, cluster_of, run_of
from reports.schema import InvalidResultsError, validate

if TYPE_CHECKING:
    from pathlib import Path


def load(path: Path) -> Results:
    """Reads a results document.

    Args:
        path: The file, or the folder of a run that holds ``results.json``. Of a run that was killed before it could
            write that, its journal tells what it had found.

    Raises:
        InvalidResultsError: The file is missing, is not JSON, has another schema version, or breaks the schema.
    """
    file = path / "results.json" if path.is_dir() else path
    if path.is_dir() and not file.exists() and (found := read_journal(path)) is not None:
        return found.results()
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
        run=run_of(document["run"]),
        clusters=[cluster_of(cluster) for cluster in document["clusters"]],
        cases=[case_of(case) for case in document["cases"]],
    )
