"""Writes every report of a run into the run's folder."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from reports.allure import write_allure
from reports.files import write_atomically
from reports.html import report_html
from reports.junit import junit_xml
from reports.load import from_json
from reports.redact import redact_document
from reports.schema import InvalidResultsError

if TYPE_CHECKING:
    from pathlib import Path

    from reports.model import Results

#: A point as json.dumps indents it, one number a line. No JSON string holds a line end, so only points match.
_POINT = re.compile(r"\[\n\s+(-?[\d.eE+-]+),\n\s+(-?[\d.eE+-]+|null)\n\s+\]")


def write_all(results: Results, directory: Path) -> None:
    """Writes ``results.json``, ``junit.xml``, ``allure-results/`` and ``report.html``.

    Secrets are masked first. Each file is replaced in one step, and ``results.json`` comes first, so that whatever
    happens to the others, ``python -m reports DIR`` can make them again.

    Raises:
        InvalidResultsError: The results break ``reports/schema.json``; nothing is written.
        OSError: The folder can't be written.
    """
    try:
        # Written and read once more: what the other reports show is exactly what results.json holds.
        text = json.dumps(redact_document(results.to_json()), indent=2, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidResultsError(f"The results can't be written as JSON: {error}.") from error
    masked = from_json(json.loads(text), source=str(directory / "results.json"))
    write_atomically(directory / "results.json", _POINT.sub(r"[\1, \2]", text) + "\n")
    write_reports(masked, directory)


def write_reports(results: Results, directory: Path) -> None:
    """Writes the reports that are made from ``results.json``: ``junit.xml``, Allure's side files and ``report.html``.

    Raises:
        OSError: The folder can't be written.
    """
    write_atomically(directory / "junit.xml", junit_xml(results))
    write_allure(results, directory / "allure-results")
    write_atomically(directory / "report.html", report_html(results, directory))
