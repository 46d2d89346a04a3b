"""``python -m reports.pages``: writes ``docs/behaviour.md`` and ``docs/coverage.md``; a test fails if one is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from reports.files import write_atomically
from reports.pages.behaviour import behaviour_page
from reports.pages.cases import CollectedCase, collect_cases
from reports.pages.coverage import coverage_page
from resize.known_issues import known_issues
from resize.rules import load_rules, minors, topic_titles
from resize.upstream import upstream_cases

DOCS = Path(__file__).parents[2] / "docs"


def pages(cases: list[CollectedCase]) -> dict[str, str]:
    """The pages' texts by their names in docs/."""
    rules = load_rules()
    return {
        "behaviour.md": behaviour_page(rules, topic_titles(), known_issues(), minors()),
        "coverage.md": coverage_page(upstream_cases(), rules, cases),
    }


def main() -> int:
    """Writes the pages.

    Returns:
        0, or 2 where the suites can't be collected.
    """
    try:
        cases = collect_cases()
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for name, text in pages(cases).items():
        write_atomically(DOCS / name, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
