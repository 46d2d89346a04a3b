"""Upstream's cases by the ids of resize/data/upstream_cases.toml, and what ginkgo calls them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clusters.versions import KubeVersion
from resize.catalogue import DATA, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_TAG = re.compile(r"\[[^\]]*\]")


def plain(text: str) -> str:
    """A case's full name without its tags, such as ``[sig-node]``, and with single spaces."""
    return " ".join(_TAG.sub(" ", text).split())


def upstream_names(version: KubeVersion, tables: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Id to plain name of each case that a version has."""
    names = {}
    for table, entry in (read_toml(DATA / "upstream_cases.toml") if tables is None else tables).items():
        for key, value in entry["cases"].items():
            case = {**entry, **({"name": value} if isinstance(value, str) else value)}
            if _has(case, version):
                names[f"{table}/{key}"] = plain(f"{case['describe']} {case['name']}")
    return names


def by_id(names: Mapping[str, str], full_names: Iterable[str]) -> dict[str, str]:
    """Id to the name in full of each case that e2e.test has, in the catalogue's order."""
    known = {plain(full): full for full in full_names}
    return {case_id: known[name] for case_id, name in names.items() if name in known}


def drawn(ids: Sequence[str], count: int) -> list[str]:
    """So many of them, at even distances."""
    if count >= len(ids):
        return list(ids)
    return [ids[index * len(ids) // count] for index in range(count)]


def _has(case: Mapping[str, Any], version: KubeVersion) -> bool:
    minor = KubeVersion(version.major, version.minor)
    first = KubeVersion.parse(case["first"])
    return first <= minor and ("last" not in case or minor <= KubeVersion.parse(case["last"]))
