"""``docs/behaviour.md``: every rule of the catalogue by version, how sure it is, and where it is known from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.pages.markdown import code, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resize.known_issues import KnownIssue
    from resize.rules import Certainty, Rule

#: How a cell says how sure it is.
MARKS: dict[Certainty, str] = {"observed": "●", "asserted": "◐", "documented": "○"}
#: A longer value than this stands beneath the table, and a letter in it.
_SHORT = 24

_HEAD = f"""# What Kubernetes does with a resize, by version

Made by `python -m reports.pages` from the [catalogue](catalogue.md); don't edit it. A row is a rule, such as
`status.surface`; a column is a minor version with

* {MARKS["observed"]} what a case of this suite has seen on it,
* {MARKS["asserted"]} what a test of Kubernetes' own asserts, and no case here has seen yet,
* {MARKS["documented"]} what a source says, and no more.
"""


def behaviour_page(
    rules: Mapping[str, Rule], titles: Mapping[str, str], issues: Mapping[str, KnownIssue], minors: list[str]
) -> str:
    """The page."""
    contents = "".join(f"* [{title}](#{topic})\n" for topic, title in titles.items())
    parts = [_HEAD, contents, _contradictions(rules), _issues(issues)]
    for topic, title in titles.items():
        own = [rule for rule in rules.values() if rule.topic == topic]
        parts.append(_topic(topic, title, own, issues, minors))
    return "\n".join(parts)


def _topic(topic: str, title: str, rules: list[Rule], issues: Mapping[str, KnownIssue], minors: list[str]) -> str:
    """One topic: the table, the long texts, and the sources."""
    texts = _Texts()
    rows = []
    for rule in rules:
        bent = "".join(f"<br>[{name}](#known-issues)" for name, issue in issues.items() if rule.name in issue.rules)
        cells = [f"{MARKS[rule.at(minor).certainty(minor)]} {texts.short(rule.at(minor).text)}" for minor in minors]
        rows.append([f"**{rule.key}**<br>{rule.statement}{bent}", *cells])
    return (
        f'## <a name="{topic}"></a>{title}\n\n{table([f"`{topic}.`", *minors], rows)}\n{texts.listed()}'
        f"<details><summary>Sources</summary>\n\n{_sources(rules)}\n</details>\n"
    )


def _sources(rules: list[Rule]) -> str:
    """Where each table of a minor version is known from, and what was seen on which exact version."""
    tables: dict[tuple[str, str], list[str]] = {}
    seen: dict[str, list[str]] = {}
    for rule in rules:
        for period in rule.periods:
            tables.setdefault((period.first, period.source), []).append(f"`{rule.key}`")
            for version in period.observed:
                seen.setdefault(version, []).append(f"`{rule.key}`")
    ordered = sorted(tables.items(), key=lambda entry: _number(entry[0][0]))
    lines = [f"* {first} on, {', '.join(keys)}: {source}.\n" for (first, source), keys in ordered]
    by_version = sorted(seen.items(), key=lambda entry: _number(entry[0]))
    return "".join(lines + [f"* Seen on {version}: {', '.join(keys)}.\n" for version, keys in by_version])


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _contradictions(rules: Mapping[str, Rule]) -> str:
    """Where a server did something else than the references say."""
    found = [
        f"* `{rule.name}`, {period.first} to {period.last}: {period.contradicts}\n"
        for rule in rules.values()
        for period in rule.periods
        if period.contradicts
    ]
    return f"## Where servers contradict the references\n\n{''.join(found)}" if found else ""


def _issues(issues: Mapping[str, KnownIssue]) -> str:
    """The known issues, and which rules they bend."""
    rows = [
        [
            f"[{name}]({issue.link})",
            issue.title,
            issue.first if issue.first == issue.last else f"{issue.first} to {issue.last}",
            ", ".join(f"`{rule}`" for rule in issue.rules),
            "yes" if issue.confirmed else "no",
        ]
        for name, issue in issues.items()
    ]
    text = "A case that cites a rule must fail in just the way of its known issue on the versions that have it.\n\n"
    return "## Known issues\n\n" + text + table(["issue", "what goes wrong", "in", "bends", "seen here"], rows)


class _Texts:
    """Gives long values a letter, the same one for the same value."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}

    def short(self, text: str) -> str:
        if len(text) <= _SHORT:
            return text
        return "*" + self._letters.setdefault(text, f"text {chr(ord('a') + len(self._letters))}") + "*"

    def listed(self) -> str:
        lines = "".join(f"* *{letter}*: {code(text)}\n" for text, letter in self._letters.items())
        return lines + "\n" if lines else ""
