"""``python -m reports.observed DIR...``: notes in ``resize/data/observed.toml`` which rules runs have seen to hold.

A rule held on a version where a case that cites it was conformant; that there is no such thing, such as no event, is
not what a case looks at. Entries of other versions stay, and those whose value the catalogue no longer has go.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.versions import KubeVersion
from reports.files import write_atomically
from reports.load import load
from reports.model import Results, Verdict
from reports.schema import InvalidResultsError
from resize.rules import NONE, OBSERVED, load_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from resize.rules import Rule

_HEAD = """\
# Written by `python -m reports.observed`, not by hand: for each rule what it was seen to be, and the exact versions of
# Kubernetes on which a case that cites it was conformant. docs/catalogue.md says what it is for.
"""


def seen(results: Results) -> set[tuple[str, str]]:
    """The rules that held, each with the version."""
    versions = {cluster.name: str(KubeVersion.parse(cluster.kube_version)) for cluster in results.clusters}
    return {
        (rule, versions[case.cluster])
        for case in results.cases
        if case.verdict is Verdict.CONFORMANT and case.cluster in versions
        for rule in case.rules
    }


def document(rules: Mapping[str, Rule], held: Iterable[tuple[str, str]]) -> str:
    """The file: what is known already and still stands, and what was found now."""
    new = set(held)
    parts = [_HEAD]
    for rule in rules.values():
        by_text: dict[str, set[str]] = {}
        for period in rule.periods:
            by_text.setdefault(period.text, set()).update(period.observed)
        for name, version in new:
            if name == rule.name:
                by_text[rule.at(version).text].add(version)
        by_text.pop(NONE, None)
        lines = [f"{json.dumps(text)} = {json.dumps(_ordered(found))}" for text, found in by_text.items() if found]
        if lines:
            parts.append("\n".join([f'["{rule.name}"]', *lines]) + "\n")
    return "\n".join(parts)


def main(arguments: list[str] | None = None) -> int:
    """Reads the runs' results and writes the file.

    Returns:
        0, or 2 where a folder holds no valid results.
    """
    parser = argparse.ArgumentParser(prog="python -m reports.observed", description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="DIR", help="folder of a run, such as results/latest")
    try:
        held: set[tuple[str, str]] = set().union(*(seen(load(run)) for run in parser.parse_args(arguments).runs))
    except InvalidResultsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    write_atomically(OBSERVED, document(load_rules(), held))
    return 0


def _ordered(versions: set[str]) -> list[str]:
    return sorted(versions, key=lambda version: [int(part) for part in version.split(".")])


if __name__ == "__main__":
    sys.exit(main())
