"""What is named as a difference between the platforms of one version, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from reports.differences import Comparison, compare, heading, note
from reports.figures import are_unequal, slower_factor
from reports.model import KnownIssue, Results, Verdict
from tests.reports import platforms, sample
from tests.reports.platforms import NEW_V1, NEW_V2, OLD_V1, OLD_V2, case_of, figure


def _old(results: Results) -> Comparison:
    return next(entry for entry in compare(results) if entry.kube_version == "1.30.14")


def _new(results: Results) -> Comparison:
    return next(entry for entry in compare(results) if entry.kube_version == "1.37.2")


def _named(comparison: Comparison) -> list[tuple[str, str, dict[str, str]]]:
    return [(item.row.id[-8:], found.name, found.texts) for item in comparison.values for found in item.differences]


def test_only_versions_with_several_platforms_are_compared() -> None:
    assert compare(sample.results()) == []
    results = platforms.results()
    results.clusters = [cluster for cluster in results.clusters if cluster.name != NEW_V1]
    assert [(entry.kube_version, [c.name for c in entry.clusters]) for entry in compare(results)] == [
        ("1.30.14", [OLD_V1, OLD_V2])
    ]


def test_verdicts_that_differ_are_named_with_both_reasons() -> None:
    found = _old(platforms.results()).verdicts
    assert [(item.row.id.rpartition("::")[2], list(item.cases)) for item in found] == [
        ("test_rescue", [OLD_V1, OLD_V2])
    ]
    judged = [(case.verdict, case.reason) for case in found[0].cases.values()]
    assert judged == [
        (Verdict.KNOWN_ISSUE, "the pod cgroup stays at 100M, as the issue describes"),
        (Verdict.CONFORMANT, ""),
    ]


def test_values_times_and_resizes_that_differ_are_named() -> None:
    comparison = _old(platforms.results())
    assert _named(comparison) == [
        ("est_grow", "status delay", {OLD_V1: "1.9 s", OLD_V2: "31 s"}),
        ("t_shrink", "cpu.weight", {OLD_V1: "4", OLD_V2: "17"}),
        ("t_memory", "resize 1 (memory 128Mi to 256Mi): restarts", {OLD_V1: "1", OLD_V2: "0"}),
    ]
    times = [found for item in comparison.values for found in item.differences if found.slower]
    assert [(found.slower, found.times) for found in times] == [(OLD_V2, "17 times")]


def test_where_nothing_differs_the_count_of_cases_says_so() -> None:
    comparison = _new(platforms.results())
    assert (comparison.verdicts, comparison.values) == ([], [])
    assert comparison.summary == (
        "No difference in the 11 cases compared; 1 case could not be judged on every platform."
    )
    assert _old(platforms.results()).summary == (
        "10 cases compared: 1 differs in the verdict or its reason, 3 differ in what was seen."
    )


def test_what_one_platform_lacks_stands_apart_with_its_reason() -> None:
    results = platforms.results()
    lacking = case_of(results, "shrink", NEW_V1)
    lacking.verdict, lacking.reason = Verdict.NOT_APPLICABLE, platforms.NEEDS_V2
    broken = case_of(results, "java_start", NEW_V2)
    broken.verdict, broken.reason = Verdict.BROKEN_ENVIRONMENT, "etcd ended"
    results.cases.remove(case_of(results, "static_cpu", NEW_V2))
    comparison = _new(results)
    found = {
        (part.cluster.name, part.verdict, part.reason): [row.id.rpartition("::")[2] for row in part.rows]
        for part in comparison.apart
    }
    assert found == {
        (NEW_V1, Verdict.NOT_APPLICABLE, platforms.NEEDS_V2): ["test_shrink", "test_pod_level"],
        (NEW_V2, Verdict.BROKEN_ENVIRONMENT, "etcd ended"): ["test_java_start"],
        (NEW_V2, None, ""): ["test_static_cpu"],
    }
    assert comparison.compared == 8
    assert comparison.verdicts == []


def test_a_cluster_that_never_came_up_leaves_nothing_to_compare() -> None:
    results = platforms.results()
    for case in results.cases:
        if case.cluster == NEW_V2:
            case.verdict, case.reason = Verdict.BROKEN_ENVIRONMENT, "no kernel"
    comparison = _new(results)
    assert comparison.summary.startswith("No case could be compared; ")
    assert {part.reason for part in comparison.apart if part.cluster.name == NEW_V2} == {"no kernel"}


def test_one_verdict_for_different_reasons_is_a_difference() -> None:
    results = platforms.results()
    case_of(results, "grow", NEW_V2).reason = "container cgroup: cpu.max is 10000 100000, expected 30000 100000"
    assert [item.row.id.rpartition("::")[2] for item in _new(results).verdicts] == ["test_grow"]
    for cluster, seconds in ((NEW_V1, "15.2 s"), (NEW_V2, "15.4 s")):
        case_of(results, "grow", cluster).reason = f"no event within {seconds}"
    assert _new(results).verdicts == []
    rescued = [case_of(results, "rescue", cluster) for cluster in (NEW_V1, NEW_V2)]
    for number, case in enumerate(rescued):
        case.verdict, case.reason = Verdict.KNOWN_ISSUE, "as the issue says"
        case.known_issue = KnownIssue(id=f"KI-{number}", title="An issue", link="https://example.org")
    assert [item.row.id.rpartition("::")[2] for item in _new(results).verdicts] == ["test_rescue"]


def test_a_figure_that_one_platform_lacks_is_a_difference() -> None:
    results = platforms.results()
    case_of(results, "shrink", NEW_V2).measurements = [figure("memory.events oom_kill", 1), figure("took", 0.2, "s")]
    assert [(name, texts) for _, name, texts in _named(_new(results))] == [
        ("memory.events oom_kill", {NEW_V1: "not measured", NEW_V2: "1"}),
        ("took", {NEW_V1: "not measured", NEW_V2: "0.20 s"}),
    ]


def _resize(results: Results, cluster: str) -> dict[str, Any]:
    timeline: dict[str, Any] = case_of(results, "shrink", cluster).timeline[0]
    return timeline


def test_layers_and_last_values_of_a_resize_are_compared() -> None:
    results = platforms.results()
    resize = _resize(results, NEW_V2)
    series = next(s for s in resize["series"] if (s["layer"], s["resource"]) == ("container cgroup", "cpu"))
    series["points"][-1] = [series["points"][-1][0], 200]
    resize["reached_s"]["container cgroup"] = None
    resize["reached_s"]["status"] = None
    names = [(name.partition(": ")[2], texts[NEW_V2]) for _, name, texts in _named(_new(results))]
    assert names == [("container cgroup CPU limit in the end", "200m"), ("status", "never had the wanted value")]


def test_a_resize_to_other_values_and_later_times_are_no_difference() -> None:
    results = platforms.results()
    resize = _resize(results, NEW_V2)
    resize["reached_s"] = {layer: at_s and at_s + 9 for layer, at_s in resize["reached_s"].items()}
    assert _named(_new(results)) == []
    resize["requested"], resize["reached_s"] = "memory 9Gi", dict.fromkeys(resize["reached_s"])
    assert _named(_new(results)) == []


def test_the_section_is_named_for_what_differs() -> None:
    results = platforms.results()
    assert heading(compare(results)) == "Between cgroup versions"
    assert "kernel as well" in note(compare(results))
    for cluster in results.clusters:
        cluster.node = "uml"
    assert note(compare(results)) == ""
    for cluster in results.clusters:
        cluster.node, cluster.cgroup_version = cluster.name.rsplit("-", 2)[1], "v2"
    assert (heading(compare(results)), note(compare(results))) == ("Between platforms", "")


@pytest.mark.parametrize(
    ("fast_s", "slow_s", "factor"),
    [(0.1, 0.9, None), (1.0, 3.0, None), (1.0, 4.0, 4.0), (0.0, 2.0, float("inf")), (30.0, 80.0, None)],
)
def test_slower_is_three_times_and_a_second(fast_s: float, slow_s: float, factor: float | None) -> None:
    assert slower_factor(fast_s, slow_s) == factor


@pytest.mark.parametrize(
    ("one", "other", "unit", "expected", "unequal"),
    [
        (249999360, 250003456, "bytes", "249999360", True),
        (4, 4, "", "", False),
        ("30000 100000", "max 100000", "", "", True),
        (True, 1, "", "", True),
        (101, 97, "milli-CPU", "about 100", False),
        (120, 80, "milli-CPU", "about 100", False),
        (101, 60, "milli-CPU", "about 100", True),
        (128.0, 130.5, "Mi", "", False),
        (95.0, 84.0, "%", "most", True),
        (3.0, 1.5, "%", "", False),
        (8.9, 5.2, "times", "at least 3", False),
        (8.9, 2.2, "times", "at least 3", True),
        (None, 1.5, "Mi", "", True),
    ],
)
def test_what_counts_as_unequal(one: Any, other: Any, unit: str, expected: str, unequal: bool) -> None:
    found = [{"value": value, "unit": unit, "expected": expected} for value in (one, other)]
    assert are_unequal(found) is are_unequal(found[::-1]) is unequal
