"""``python -m reports DIR``: makes ``report.html`` and ``junit.xml`` of a run again from its ``results.json``.

``python -m reports DIR DIR... --into OUT`` makes one report of several runs, such as those of two platforms.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from reports.load import load
from reports.merge import merge
from reports.schema import InvalidResultsError
from reports.terminal import verdict_table
from reports.write import write_reports


def main(arguments: list[str] | None = None) -> int:
    """Renders a run's reports again and prints the verdict table.

    Returns:
        0 when the reports were written, 2 when the folder holds no valid results or can't be written.
    """
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="DIR", help="folder of a run, such as results/latest")
    parser.add_argument("--into", type=Path, metavar="OUT", help="folder for one report of all the runs")
    parsed = parser.parse_args(arguments)
    runs: list[Path] = parsed.runs
    if len(runs) > 1 and parsed.into is None:
        parser.error("several runs make one report: name its folder with --into")
    directory: Path = parsed.into or runs[0]
    try:
        if parsed.into is None:
            results = load(directory)
            write_reports(results, directory)
        else:
            results = merge(runs, directory)
    except InvalidResultsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"The reports can't be written to {directory}: {error.strerror}.\n")
        return 2
    console = Console()
    console.print(verdict_table(results))
    console.print(f"Report: {directory / 'report.html'}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
