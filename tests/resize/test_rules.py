"""The rules of the catalogue: each is said in words, has a source on every version, and contradicts no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.behaviour import TOPICS, Behaviour
from resize.catalogue import DATA, read_toml
from resize.known_issues import KnownIssue, known_issues
from resize.rules import load_rules, minors, topic_titles, value_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MINORS = minors()
ISSUES = known_issues()

#: What must go together on every version. Two rules that say otherwise contradict each other.
AGREEMENTS: dict[str, Callable[[Behaviour], bool]] = {
    "a refusal by the API has an HTTP code": lambda is_: (
        (is_.over_capacity.answer == "forbidden-403") == (is_.over_capacity.http_code == 403)
    ),
    "and names a cause, which the node's answers do not": lambda is_: (
        (is_.over_capacity.cause is None) == (is_.over_capacity.http_code is None)
    ),
    "Infeasible is told where everything about a resize is": lambda is_: (
        (is_.over_capacity.answer == "infeasible-status")
        <= (is_.status.surface == "resize-field")
        <= (is_.over_capacity.answer != "infeasible-condition")
    ),
    "what the API refuses is no event of the kubelet's": lambda is_: (
        is_.over_capacity.answer != "forbidden-403" or is_.over_capacity.event is None
    ),
    "a limit that may not be lowered is refused by the API": lambda is_: (
        (is_.memory_shrink.limit_decrease == "forbidden")
        == (is_.memory_shrink.below_usage == "forbidden-by-api")
        == (is_.memory_shrink.http_code is not None)
    ),
    "an error that is told has words": lambda is_: (
        (is_.memory_shrink.below_usage == "in-progress-silent") == (is_.memory_shrink.message is None)
    ),
    "an error of a shrink is told by a condition": lambda is_: (
        is_.memory_shrink.below_usage != "in-progress-error" or is_.status.surface == "conditions"
    ),
    "removals that are refused have words": lambda is_: (
        (is_.removal.answer == "forbidden")
        == (is_.removal.limits_message is not None)
        == (is_.removal.requests_message is not None)
    ),
    "a refusal by the static CPU manager has words": lambda is_: (
        (is_.static_cpu_manager.refuses == "nothing") == (is_.static_cpu_manager.message is None)
    ),
    "a refusal by the static memory manager has words": lambda is_: (
        (is_.static_memory_manager.refuses == "nothing") == (is_.static_memory_manager.message is None)
    ),
    "a refusal of static pods' resizes has words": lambda is_: (
        (is_.static_pods.http_code is None) == (is_.static_pods.message is None)
    ),
    "events are among the kubelet's": lambda is_: (
        {is_.over_capacity.event, is_.memory_shrink.event, is_.deferred.event} <= {None, *is_.events.reasons}
    ),
    "what an event says goes with the event": lambda is_: (
        (is_.deferred.event is None) == (is_.deferred.event_message is None)
        and (is_.memory_shrink.event is None) == (is_.memory_shrink.event_message is None)
    ),
    "Proposed stands in the field alone": lambda is_: is_.status.proposed <= (is_.status.surface == "resize-field"),
    "conditions alone have a generation": lambda is_: (
        is_.status.observed_generation <= (is_.status.surface == "conditions" and is_.submit.generation_increments)
    ),
    "gates are for an alpha": lambda is_: (is_.release.stage == "alpha") == bool(is_.release.gates),
    "a gate that can be off has a refusal": lambda is_: (
        (is_.release.stage == "ga") == (is_.submit.refused_without_gate is None)
    ),
    "whoever waits for a sync waits longer": lambda is_: (
        not is_.status.waits_for_sync or is_.status.settle_deadline_s > 90
    ),
    "init containers come after sidecars": lambda is_: is_.submit.init_containers <= is_.submit.sidecars,
}

#: Rules that say of a version what known issues say of it: all change at once.
BENT: dict[str, Callable[[Behaviour], bool]] = {
    "KI-POD-CGROUP-NOT-RAISED": lambda is_: not is_.actuation.hungry_pod_rescued,
    "KI-LIMITS-EVERYWHERE": lambda is_: is_.actuation.needs_all_limits,
    "KI-SHRINK-STAYS-IN-PROGRESS": lambda is_: is_.memory_shrink.below_usage == "in-progress-silent",
    "KI-SLOW-STATUS, KI-SLOW-STATUS-NOW-AND-THEN": lambda is_: is_.status.waits_for_sync,
}


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_rules_agree(agreement: str, minor: str) -> None:
    assert AGREEMENTS[agreement](Behaviour.for_version(minor))


@pytest.mark.parametrize("names", BENT)
def test_rules_and_known_issues_agree(names: str) -> None:
    bent = [minor for minor in MINORS if BENT[names](Behaviour.for_version(minor))]
    assert bent == [minor for minor in MINORS if any(ISSUES[name].affects(minor) for name in names.split(", "))]


@pytest.mark.parametrize("issue", ISSUES.values(), ids=ISSUES)
def test_known_issues_bend_rules_that_exist(issue: KnownIssue) -> None:
    assert issue.rules, "name the rules that it bends"
    assert set(issue.rules) <= load_rules().keys()
    assert {issue.first, issue.last} <= set(MINORS)


@pytest.mark.parametrize("name", load_rules())
def test_rules_are_said_in_words_and_have_a_source(name: str) -> None:
    rule = load_rules()[name]
    assert rule.statement.endswith("."), f"[rules.{rule.topic}] of behaviour.toml says nothing of {rule.key}"
    assert (rule.periods[0].first, rule.periods[-1].last) == (MINORS[0], MINORS[-1])
    assert all(period.source for period in rule.periods)


def test_no_words_are_left_of_rules_that_went() -> None:
    words = {f"{topic}.{key}" for topic, table in _words().items() for key in table if key != "about"}
    assert words == load_rules().keys()
    assert list(topic_titles()) == list(TOPICS)
    statements = [rule.statement for rule in load_rules().values()]
    within = {name for name, rule in load_rules().items() if statements.count(rule.statement) > 1}
    assert all(name.rpartition(".")[2] in {"http_code", "event", "event_message", "message"} for name in within)


def test_a_rule_is_what_the_newest_table_before_says() -> None:
    surface = load_rules()["status.surface"]

    assert [(period.first, period.last, period.text) for period in surface.periods] == [
        ("1.27", "1.32", "resize-field"),
        ("1.33", "1.37", "conditions"),
    ]
    assert surface.at("1.32").text == "resize-field"
    assert surface.at("1.33.13").text == surface.at("1.99").text == "conditions"


def test_an_observation_counts_as_long_as_the_value_stands(tmp_path: Path) -> None:
    observed = tmp_path / "observed.toml"
    observed.write_text(
        '["status.surface"]\nresize-field = ["1.30.14", "1.36.3"]\n"something else" = ["1.37.2"]\n', encoding="utf-8"
    )
    old, new = load_rules(observed=observed)["status.surface"].periods

    assert (old.observed, new.observed) == (("1.30.14",), ())
    assert (old.certainty("1.30"), new.certainty("1.37")) != ("documented", "observed")
    assert old.certainty("1.30") == "observed"
    assert old.certainty("1.31") in {"asserted", "documented"}


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("a", True, "yes"),
        ("a", [], "nothing"),
        ("a", ["x", "y"], "x, y"),
        ("a", "", "none"),
        ("a", 403, "403"),
        ("deadline_s", 30, "30 s"),
        ("deadline_s", 2.5, "2.5 s"),
    ],
)
def test_values_in_words(key: str, value: object, text: str) -> None:
    assert value_text(key, value) == text


def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = read_toml(DATA / "behaviour.toml")["rules"]
    return words
