"""Kubernetes' own resize cases, from ``data/upstream_cases.toml``: what the marker ``upstream("<id>")`` refers to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from resize.catalogue import DATA, CatalogueError, build, minor_number, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FILE: Final = DATA / "upstream_cases.toml"

#: What a group says for all of its cases, of which a case may say most for itself.
_SHARED: Final = ("title", "describe", "file", "first", "last", "excluded")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamCase:
    """One case of Kubernetes' e2e tests.

    Attributes:
        id: Its group, a slash, its key: "guaranteed/no-restart/cpu".
        group: The table that it is listed in.
        title: What the group's cases have in common.
        describe: What ginkgo calls the group's cases, without tags.
        name: What it calls this one besides.
        file: Where it is, in kubernetes/.
        first: The first minor version that has it.
        last: The last one; None while the newest known has it.
        excluded: Why the suite does without it, where it does.
    """

    id: str
    group: str
    title: str
    describe: str
    name: str
    file: str
    first: str
    last: str | None = None
    excluded: str | None = None


@cache
def upstream_cases(path: Path = _FILE) -> dict[str, UpstreamCase]:
    """All cases by their ids, in the file's order.

    Raises:
        CatalogueError: The file is wrong; the message names the table and the key.
    """
    cases: dict[str, UpstreamCase] = {}
    for group, table in read_toml(path).items():
        for key, value in table.get("cases", {}).items():
            case = _case(group, table, key, value if isinstance(value, dict) else {"name": value}, path)
            if case.id in cases:
                raise CatalogueError(f"{path}: there are two cases {case.id!r}")
            cases[case.id] = case
    return cases


def _case(group: str, table: Mapping[str, Any], key: str, own: Mapping[str, Any], path: Path) -> UpstreamCase:
    """A case from its line and its group's table."""
    where = f"{path}: [{group}.cases] {key}"
    shared = {name: table[name] for name in _SHARED if name in table}
    case = build(UpstreamCase, {"id": f"{group}/{key}", "group": group, **shared, **own}, where)
    if case.last is not None and minor_number(case.first, where) > minor_number(case.last, where):
        raise CatalogueError(f"{where}: first is {case.first}, which is after last, {case.last}")
    return case
