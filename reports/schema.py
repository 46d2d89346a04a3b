"""The JSON schema of ``results.json``, and the check against it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA_FILE = Path(__file__).with_name("schema.json")
#: How many faults one message names; the first few tell what is wrong with the document.
_SHOWN = 5


class InvalidResultsError(Exception):
    """A document is not what ``reports/schema.json`` describes; the message names each place and its fault."""


@cache
def _validator() -> Draft202012Validator:
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def validate(document: Any, *, source: str = "results.json") -> None:
    """Checks a document against ``reports/schema.json``.

    Args:
        document: What ``json.loads`` gave.
        source: What the message calls the document.

    Raises:
        InvalidResultsError: It differs from the schema.
    """
    errors = sorted(_validator().iter_errors(document), key=lambda error: error.json_path)
    if not errors:
        return
    lines = [f"  {error.json_path}: {error.message[:300]}" for error in errors[:_SHOWN]]
    if len(errors) > _SHOWN:
        lines.append(f"  and {len(errors) - _SHOWN} more")
    raise InvalidResultsError(
        f"{source} is not a valid results document:\n"
        + "\n".join(lines)
        + f"\nThe format is described in {SCHEMA_FILE}."
    )
