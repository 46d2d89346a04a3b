from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from reports.allure import CATEGORIES, environment_properties, write_allure
from reports.junit import junit_xml
from reports.model import Results, Verdict
from reports.terminal import verdict_table
from reports.verdicts import sentence
from tests.reports import sample

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def suites() -> dict[str, ET.Element]:
    root = ET.fromstring(junit_xml(sample.results()))
    return {suite.get("name", ""): suite for suite in root.iter("testsuite")}


def test_one_testsuite_a_cluster_with_its_facts(suites: dict[str, ET.Element]) -> None:
    assert list(suites) == ["Kubernetes 1.30.14, cgroup v1 (local-1.30)", "Kubernetes 1.37.2, cgroup v1 (local-1.37)"]
    new = suites["Kubernetes 1.37.2, cgroup v1 (local-1.37)"]
    properties = {p.get("name"): p.get("value") for p in new.findall("properties/property")}
    assert properties["kube version"] == "1.37.2"
    assert properties["cgroup version"] == "v1"
    assert properties["component runc"] == "1.4.3"
    assert {name: new.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "12",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }


@pytest.mark.parametrize(
    ("verdict", "cluster", "tag", "begins"),
    [
        (Verdict.VIOLATION, "1.37.2, cgroup v1 (local-1.37)", "failure", "container cgroup: cpu.max is 60000"),
        (Verdict.NOT_APPLICABLE, "1.37.2, cgroup v1 (local-1.37)", "skipped", "InPlacePodVerticalScaling is locked"),
        (Verdict.KNOWN_ISSUE, "1.30.14, cgroup v1 (local-1.30)", "skipped", "known issue: the pod cgroup stays"),
        (Verdict.BROKEN_ENVIRONMENT, "1.30.14, cgroup v1 (local-1.30)", "error", "kubelet ended"),
    ],
)
def test_each_verdict_has_its_result(
    suites: dict[str, ET.Element], verdict: Verdict, cluster: str, tag: str, begins: str
) -> None:
    results = suites[f"Kubernetes {cluster}"].findall(f"testcase/{tag}")
    assert [result.get("type") for result in results] == [verdict.value]
    assert results[0].get("message", "").startswith(begins)


def test_each_case_names_its_verdict(suites: dict[str, ET.Element]) -> None:
    found = {
        (name, case.get("name"), prop.get("value"))
        for name, suite in suites.items()
        for case in suite.iter("testcase")
        for prop in case.iter("property")
        if prop.get("name") == "verdict"
    }
    assert len(found) == len(sample.results().cases)
    assert ("Kubernetes 1.30.14, cgroup v1 (local-1.30)", "test_rescue", "known-issue") in found


def test_control_characters_do_not_break_the_xml() -> None:
    results = sample.results()
    broken = next(case for case in results.cases if case.verdict is Verdict.VIOLATION)
    broken.message = "red \x1b[31m and \x00 null"
    assert "red \ufffd[31m and \ufffd null" in junit_xml(results)
    ET.fromstring(junit_xml(results))


def test_a_cluster_that_never_came_up_is_an_error() -> None:
    results = sample.results()
    results.cases = [case for case in results.cases if case.cluster == sample.NEW]
    results.clusters[0].error = "etcd: port 2379 is in use"
    suite = next(ET.fromstring(junit_xml(results)).iter("testsuite"))
    assert suite.get("errors") == "1"
    assert [error.get("message") for error in suite.iter("error")] == ["etcd: port 2379 is in use"]


def test_allure_side_files(tmp_path: Path) -> None:
    write_allure(sample.results(), tmp_path)
    assert json.loads((tmp_path / "executor.json").read_text())["buildName"] == "2026-11-23-041940"
    assert json.loads((tmp_path / "categories.json").read_text()) == list(CATEGORIES)
    lines = (tmp_path / "environment.properties").read_text().splitlines()
    assert "local-1.37.kubernetes=1.37.2" in lines
    assert r"local-1.37.CNI\ plugins=1.9.0" in lines


def test_properties_keep_one_line_a_fact() -> None:
    results = sample.results()
    results.run.host = {"a b=c": "x\ny\\z"}
    assert r"host.a\ b\=c=x\ny\\z" in environment_properties(results).splitlines()


def _printed(results: Results, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(verdict_table(results))
    return capture.get()


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_shows_every_case_and_count(width: int) -> None:
    text = _printed(sample.results(), width)
    for words in (
        "Restart policy",
        "✗ violation",
        "◆ known issue",
        "! broken environment",
        "not run",
        "✓ 9 conformant",
        "◐ 1 API only",
    ):
        assert words in text
    assert max(len(line) for line in text.splitlines()) <= width


def test_titles_are_no_markup_in_the_terminal() -> None:
    results = sample.results()
    results.cases[0].title = "[red]not red[/red] [/]"
    assert "[red]not red[/red] [/]" in _printed(results, 140)


def test_a_run_without_cases_or_clusters_prints() -> None:
    results = sample.results()
    results.cases = []
    results.clusters[0].error = "no free port"
    text = _printed(results, 100)
    assert "Kubernetes 1.30.14, cgroup v1: no case ran; the cluster did not come up" in text
    assert "no free port" in text
    results.clusters = []
    assert "Case" in _printed(results, 100)


def test_sentences_count_what_applies() -> None:
    results = sample.results()
    assert [sentence(cluster, results.cases) for cluster in results.clusters] == [
        "Kubernetes 1.30.14, cgroup v1: 9 of 11 cases conform; 1 known issue; 1 broken environment",
        "Kubernetes 1.37.2, cgroup v1: 9 of 11 cases conform; 1 violation; 1 API only; 1 not applicable",
    ]
