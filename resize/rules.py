"""The catalogue as rules for people: what each says in words, what it is in which versions, and how sure that is.

A rule is a topic and a key of ``data/behaviour.toml``, such as ``status.surface``. Cases cite it by the marker
``rule``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from clusters.versions import KubeVersion
from resize.behaviour import TOPICS, topic_types
from resize.catalogue import DATA, changes, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OBSERVED: Final = DATA / "observed.toml"

#: A value that says that there is no such thing, such as no event.
NONE: Final = "none"

#: From the surest on: a run of this suite has seen it, upstream's own tests assert it, a source says it.
Certainty = Literal["observed", "asserted", "documented"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What a rule is from one minor version to another.

    Attributes:
        first: The first minor version, such as "1.27".
        last: The last one.
        text: The value in words; a regular expression as it is.
        source: Where it is known from.
        asserted: Whether a test of Kubernetes' own asserts it.
        contradicts: What the references say otherwise, and where a server was seen to do this; empty if they agree.
        observed: The exact versions on which a conformant case has checked it.
    """

    first: str
    last: str
    text: str
    source: str
    asserted: bool
    contradicts: str
    observed: tuple[str, ...]

    def certainty(self, minor: str) -> Certainty:
        """How sure it is for one of the period's minors."""
        if any(KubeVersion.parse(version).minor_text == minor for version in self.observed):
            return "observed"
        return "asserted" if self.asserted else "documented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the catalogue.

    Attributes:
        name: Its topic, a dot, its key.
        statement: What it says, in one sentence.
        periods: What it is, oldest first, without a gap.
    """

    name: str
    statement: str
    periods: tuple[Period, ...]

    @property
    def topic(self) -> str:
        """The part before the dot."""
        return self.name.partition(".")[0]

    @property
    def key(self) -> str:
        """The part after the dot."""
        return self.name.partition(".")[2]

    def at(self, minor: str) -> Period:
        """What it is in a minor version; a version newer than the catalogue has what the newest known one has."""
        number = KubeVersion.parse(minor).minor
        found = [period for period in self.periods if KubeVersion.parse(period.first).minor <= number]
        return found[-1] if found else self.periods[0]


@cache
def load_rules(path: Path = DATA / "behaviour.toml", observed: Path = OBSERVED) -> dict[str, Rule]:
    """Every rule by its name, topic by topic.

    Raises:
        CatalogueError: The file is wrong.
    """
    document = read_toml(path)
    words: Mapping[str, Mapping[str, str]] = document.get("rules", {})
    seen = read_toml(observed) if observed.exists() else {}
    by_minor = changes(document, path, TOPICS)
    rules = {}
    for topic, record in topic_types().items():
        for field in fields(record):
            name = f"{topic}.{field.name}"
            # A test demands the sentence; a report of a run is not to fail for want of it.
            statement = words.get(topic, {}).get(field.name, "")
            periods = _periods(by_minor, topic, field.name, seen.get(name, {}))
            rules[name] = Rule(name=name, statement=statement, periods=periods)
    return rules


def topic_titles(path: Path = DATA / "behaviour.toml") -> dict[str, str]:
    """What each topic is about, in words, in the file's order."""
    return {topic: str(table.get("about", topic)) for topic, table in read_toml(path).get("rules", {}).items()}


def minors(path: Path = DATA / "behaviour.toml") -> list[str]:
    """Every minor version of the catalogue, oldest first."""
    return [f"1.{number}" for number in changes(read_toml(path), path, TOPICS)]


def value_text(key: str, value: object) -> str:
    """A value of the file in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    if value == "":
        return NONE
    return f"{value} s" if key.endswith("_s") else str(value)


def _periods(
    by_minor: Mapping[int, Mapping[str, Mapping[str, Any]]],
    topic: str,
    key: str,
    seen: Mapping[str, list[str]],
) -> tuple[Period, ...]:
    """One rule's periods: a new one wherever a table sets the key."""
    set_at = [number for number, own in by_minor.items() if key in own.get(topic, {})]
    ends = [*(number - 1 for number in set_at[1:]), max(by_minor)]
    periods = []
    for first, last in zip(set_at, ends, strict=True):
        table = by_minor[first][topic]
        text = value_text(key, table[key])
        within = [version for version in seen.get(text, []) if first <= KubeVersion.parse(version).minor <= last]
        periods.append(
            Period(
                first=f"1.{first}",
                last=f"1.{last}",
                text=text,
                source=table["source"],
                asserted=key in table.get("asserted", ()),
                contradicts=table.get("contradicts", {}).get(key, ""),
                observed=tuple(within),
            )
        )
    return tuple(periods)
