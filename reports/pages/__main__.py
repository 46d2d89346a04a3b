"""``python -m reports.pages``: writes ``docs/coverage.md``; a test fails as long as it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from reports.files import write_atomically
from reports.pages.cases import collect_cases
from reports.pages.coverage import coverage_page
from resize.upstream import upstream_cases

DOCS = Path(__file__).parents[2] / "docs"


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
    write_atomically(DOCS / "coverage.md", coverage_page(upstream_cases(), cases))
    return 0


if __name__ == "__main__":
    sys.exit(main())
