"""``docs/coverage.md``: each upstream case beside ours, what ours look at besides, and the rules that they check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.pages.markdown import link, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reports.pages.cases import CollectedCase
    from resize.upstream import UpstreamCase

_HEAD = """# Coverage: Kubernetes' own resize cases, and ours

Made by `python -m reports.pages` from the markers `upstream(...)` of the cases in `suites/` and from
`resize/data/upstream_cases.toml`; don't edit it. An id is what the marker takes. Versions are those whose e2e tests
have the case; ours runs on every version on which it has a meaning.
"""
NOT_COVERED = "**not covered**"
NOT_CHECKED = "**no case**"


def missing(upstream: Mapping[str, UpstreamCase], cases: Iterable[CollectedCase]) -> list[str]:
    """The ids of upstream cases that none of ours stands for, without those that are left out on purpose."""
    covered = {name for case in cases for name in case.upstream}
    return [name for name, case in upstream.items() if case.excluded is None and name not in covered]


def unchecked(rules: Iterable[str], cases: Iterable[CollectedCase]) -> list[str]:
    """The rules that no case cites."""
    cited = {rule for case in cases for rule in case.rules}
    return [rule for rule in rules if rule not in cited]


def coverage_page(upstream: Mapping[str, UpstreamCase], rules: Iterable[str], cases: list[CollectedCase]) -> str:
    """The page."""
    ours: dict[str, list[CollectedCase]] = {}
    for case in cases:
        for name in case.upstream:
            ours.setdefault(name, []).append(case)
    groups: dict[str, list[UpstreamCase]] = {}
    for entry in upstream.values():
        groups.setdefault(entry.group, []).append(entry)
    parts = [_HEAD, _summary(groups, ours)]
    parts += [_group(name, entries, ours) for name, entries in groups.items()]
    parts += [_beyond(cases), _rules(rules, cases)]
    return "\n".join(parts)


def _summary(groups: Mapping[str, list[UpstreamCase]], ours: Mapping[str, list[CollectedCase]]) -> str:
    rows, all_wanted, all_covered = [], 0, 0
    for name, entries in groups.items():
        wanted = [entry for entry in entries if entry.excluded is None]
        covered = [entry for entry in wanted if entry.id in ours]
        all_wanted, all_covered = all_wanted + len(wanted), all_covered + len(covered)
        count = f"{len(covered)} of {len(wanted)}" if wanted else "left out"
        rows.append([f"[{name}](#{_anchor(name)})", entries[0].title, count])
    rows.append(["", "**all**", f"**{all_covered} of {all_wanted}**"])
    return table(["group", "what", "covered"], rows)


def _group(name: str, entries: list[UpstreamCase], ours: Mapping[str, list[CollectedCase]]) -> str:
    """One group's cases."""
    reasons = dict.fromkeys(entry.excluded for entry in entries if entry.excluded)
    text = "".join(f"Left out: {reason}.\n" for reason in reasons)
    rows = [[f"`{entry.id}`", entry.name, _versions(entry), _ours(entry, ours.get(entry.id, []))] for entry in entries]
    files = ", ".join(f"`{file}`" for file in dict.fromkeys(entry.file for entry in entries))
    head = f"## {name}\n\n{entries[0].title}: `{entries[0].describe}` in {files}.\n\n"
    return head + text + ("\n" if text else "") + table(["id", "upstream", "in", "ours"], rows)


def _ours(entry: UpstreamCase, cases: list[CollectedCase]) -> str:
    if cases:
        return "<br>".join(link(f"`{case.name}`", f"../{case.file}") for case in cases)
    return "left out" if entry.excluded else NOT_COVERED


def _versions(entry: UpstreamCase) -> str:
    if entry.last is None:
        return f"{entry.first} on"
    return entry.first if entry.first == entry.last else f"{entry.first} to {entry.last}"


def _beyond(cases: list[CollectedCase]) -> str:
    """Ours that have no counterpart upstream, parametrized ones together."""
    rows: dict[tuple[str, str], tuple[str, int]] = {}
    for case in cases:
        if not case.upstream:
            name = case.name.partition("[")[0]
            title, count = rows.get((case.file, name), (case.title, 0))
            rows[case.file, name] = (title.removesuffix(f" ({case.name.partition('[')[2][:-1]})"), count + 1)
    body = [
        [file.split("/")[1], link(f"`{name}`", f"../{file}"), title, str(count)]
        for (file, name), (title, count) in rows.items()
    ]
    number = sum(not case.upstream for case in cases)
    head = f"## Beyond upstream\n\n{number} of our {len(cases)} cases have no counterpart there.\n\n"
    return head + table(["feature", "case", "what holds", "cases"], body)


def _rules(rules: Iterable[str], cases: list[CollectedCase]) -> str:
    """Every rule and the cases that cite it, parametrized ones together."""
    ours: dict[str, dict[str, str]] = {}
    for case in cases:
        for rule in case.rules:
            ours.setdefault(rule, {})[case.name.partition("[")[0]] = case.file
    rows = [
        [
            f"[`{rule}`](behaviour.md#{rule.partition('.')[0]})",
            "<br>".join(link(f"`{name}`", f"../{file}") for name, file in ours.get(rule, {}).items()) or NOT_CHECKED,
        ]
        for rule in rules
    ]
    return "## Rules of the catalogue\n\n" + table(["rule", "checked by"], rows)


def _anchor(group: str) -> str:
    """The anchor that a heading with this text has on GitHub and GitLab."""
    return group.replace("/", "").lower()
