"""An OCI runtime for hosts without CAP_SYS_RESOURCE is runc, with that capability taken out of what it is asked for.

A privileged container asks for every capability that the kernel knows, and runc fails with "unable to apply caps" where
the host has not got one of them. ``python lab/runtime.py ARGUMENT...`` gets runc's arguments before runc does, for each
container (see :mod:`lab.engine`); it needs the standard library alone, as it runs hundreds of times.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

LACKING = "CAP_SYS_RESOURCE"


def requests(arguments: list[str]) -> list[Path]:
    """The files in which a command line of runc names capabilities: a bundle's, or a process's."""
    found = []
    for option, value in _options(arguments):
        if option in ("--bundle", "-b"):
            found.append(Path(value, "config.json"))
        elif option in ("--process", "-p"):
            found.append(Path(value))
    return found


def _options(arguments: list[str]) -> list[tuple[str, str]]:
    """Options with their values, whether written as one word or as two."""
    pairs = list(itertools.pairwise(arguments))
    joined = [tuple(argument.split("=", 1)) for argument in arguments if argument.startswith("-") and "=" in argument]
    return [*pairs, *((name, value) for name, value in joined)]


def without(document: dict[str, Any]) -> dict[str, Any]:
    """A bundle's or a process's document that no longer asks for the capability."""
    process = document.get("process", document)
    capabilities = process.get("capabilities") or {}
    for kind, names in capabilities.items():
        capabilities[kind] = [name for name in names or () if name != LACKING]
    return document


def main() -> None:
    """Rewrite what runc is asked for."""
    for path in requests(sys.argv[1:]):
        if path.exists():
            document = without(json.loads(path.read_text(encoding="utf-8")))
            path.write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main()
