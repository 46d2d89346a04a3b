"""Clusters of one version, which differ by platform, in every report: told apart, in order, and side by side."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from reports.allure import environment_properties, write_allure
from reports.differences import compare
from reports.html import report_html
from reports.junit import junit_xml
from reports.model import Cluster, Results
from reports.platforms import cluster_title, ordered, platform_label, short_label
from reports.terminal import verdict_table
from reports.verdicts import LOOKS
from tests.reports import platforms, sample
from tests.reports.test_page import Page

_IN_ORDER = [platforms.OLD_V1, platforms.OLD_V2, platforms.NEW_V1, platforms.NEW_V2]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    return report_html(platforms.results(), tmp_path_factory.mktemp("run"))


def test_columns_stand_by_version_then_by_cgroup_version() -> None:
    results = platforms.results()
    assert [cluster.name for cluster in results.clusters] != _IN_ORDER
    assert [cluster.name for cluster in ordered(results.clusters)] == _IN_ORDER
    first, *_ = results.clusters
    first.kube_version, first.cgroup_version = "v1.9.1", None
    assert ordered(results.clusters)[0] is first


def test_a_cluster_is_called_by_version_and_platform() -> None:
    cluster = ordered(platforms.results().clusters)[1]
    assert cluster_title(cluster) == "Kubernetes 1.30.14, user-mode kernel, cgroup v2"
    assert (platform_label(cluster), short_label(cluster)) == ("user-mode kernel, cgroup v2", "uml v2")
    cluster.node = ""
    assert (platform_label(cluster), short_label(cluster)) == ("cgroup v2", "v2")
    cluster.cgroup_version = None
    assert (platform_label(cluster), short_label(cluster)) == (cluster.name, cluster.name)


def test_a_stand_in_is_called_one_wherever_it_is_named(tmp_path: Path) -> None:
    results = platforms.results()
    for cluster in results.clusters:
        cluster.node, cluster.facts = "k3d", {"stand-in": "the node image is no k3s"}
    first = results.clusters[0]
    assert platform_label(first).startswith("k3d (stand-in), ")
    assert short_label(first).startswith("k3d (stand-in) ")
    assert "<strong>Stand-in:</strong> the node image is no k3s." in report_html(results, tmp_path)


def test_the_page_is_whole_and_its_links_lead_somewhere(text: str) -> None:
    page = Page(text)
    assert (page.faults, page.open) == ([], [])
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    hrefs = [attributes.get("href") or "" for tag, attributes in page.elements if tag == "a"]
    assert {href[1:] for href in hrefs if href.startswith("#")} <= set(ids)


def test_the_matrix_names_the_platforms_in_order(text: str) -> None:
    head = text.partition('id="matrix"')[2].partition("</thead>")[0].replace("\N{NO-BREAK SPACE}", " ")
    heads = [re.sub(r"<[^>]+>", "|", column) for column in head.split('<th scope="col">')[2:]]
    wanted = [
        ("Kubernetes 1.30.14", "host, cgroup v1"),
        ("Kubernetes 1.30.14", "user-mode kernel, cgroup v2"),
        ("Kubernetes 1.37.2", "host, cgroup v1"),
        ("Kubernetes 1.37.2", "user-mode kernel, cgroup v2"),
    ]
    assert len(heads) == len(wanted)
    for shown, (version, platform) in zip(heads, wanted, strict=True):
        assert f"|{version}|" in shown
        assert f"|{platform}|" in shown
    assert "local-1.30.14-host-v1" not in head


def test_a_cell_leads_to_the_case_on_its_own_cluster(text: str) -> None:
    row = text.partition('id="matrix"')[2].partition("A pod killed for memory")[2].partition("</tr>")[0]
    found = re.findall(r'href="#(case-\d+-\d)".*?badge v-([a-z-]+)"', row, re.DOTALL)
    assert [verdict for _, verdict in found] == ["known-issue", "conformant", "conformant", "conformant"]
    for anchor, verdict in found:
        assert f'<details class="outcome v-{verdict}" id="{anchor}"' in text


def test_the_section_between_what_differs_and_the_matrix_names_every_difference(text: str) -> None:
    places = [text.index(f'id="{name}"') for name in ("differs", "platforms", "results", "details")]
    assert all(one < other for one, other in pairwise(places))
    section = text[places[1] : places[2]].replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "Between cgroup versions",
        "a difference may come from either",
        "10 cases compared: 1 differs",
        "the pod cgroup stays at 100M",
        "slower: 17 times as long",
        ">cpu.weight</a>",
        "restarts</a>",
        "No difference in the 11 cases compared",
        f"<strong>Not applicable</strong> on host, cgroup v1: {platforms.NEEDS_V2}",
    ):
        assert words in section


def test_one_platform_a_version_has_no_such_section(tmp_path: Path) -> None:
    assert 'id="platforms"' not in report_html(sample.results(), tmp_path)


def _printed(results: Results, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(verdict_table(results))
    return capture.get()


def test_four_columns_fit_the_terminal_and_leave_the_titles_room() -> None:
    lines = _printed(platforms.results(), 100).splitlines()
    assert max(map(len, lines)) <= 100
    assert [part.strip() for part in lines[0].split("┃")[1:]] == ["1.30.14", "1.30.14", "1.37.2", "1.37.2"]
    assert [part.strip() for part in lines[1].split("┃")[1:]] == ["host v1", "uml v2", "host v1", "uml v2"]
    rows = [line for line in lines if line.startswith("  A pod killed for memory is rescued by a larger limit")]
    assert [part.strip() for part in rows[0].split("│")[1:]] == ["◆", "✓", "✓", "✓"]
    assert "  ".join(f"{look.symbol} {look.word}" for look in LOOKS.values()) in lines


def test_the_terminal_names_every_difference() -> None:
    text = _printed(platforms.results(), 200)
    section = text.partition("Between cgroup versions")[2]
    old, new = compare(platforms.results())
    for line in (
        f"1.30.14, host v1 and uml v2: {old.summary}",
        "    host v1: ◆ known issue: the pod cgroup stays at 100M, as the issue describes",
        "    uml v2: ✓ conformant",
        "    status delay: host v1 1.9 s, uml v2 31 s (slower: 17 times as long)",
        "    cpu.weight: host v1 4, uml v2 17",
        f"1.37.2, host v1 and uml v2: {new.summary}",
        f"  not applicable on host v1, 1 case: {platforms.NEEDS_V2}",
    ):
        assert line in [found.rstrip() for found in section.splitlines()]
    assert "Between" not in _printed(sample.results(), 200)


def test_machines_keep_the_clusters_apart(tmp_path: Path) -> None:
    results = platforms.results()
    suites = list(ET.fromstring(junit_xml(results)).iter("testsuite"))
    assert [suite.get("name") for suite in suites] == [
        f"{cluster_title(cluster)} ({cluster.name})" for cluster in ordered(results.clusters)
    ]
    nodes = [prop.get("value") for suite in suites for prop in suite.iter("property") if prop.get("name") == "node"]
    assert nodes == ["host", "uml", "host", "uml"]
    assert "local-1.37.2-uml-v2.node=uml" in environment_properties(results).splitlines()
    write_allure(results, tmp_path)
    name = json.loads((tmp_path / "executor.json").read_text())["reportName"]
    assert name.endswith("; Kubernetes 1.37.2, user-mode kernel, cgroup v2")


def test_a_runtime_that_is_not_the_usual_one_tells_columns_apart() -> None:
    usual = Cluster(name="a", provider="local", kube_version="1.30.14", cgroup_version="v1", components={}, node="host")
    old = replace(usual, name="b", runtime="containerd 1.6.8 crun")
    assert (short_label(usual), short_label(old)) == ("host v1", "host v1 containerd 1.6.8 crun")
    assert platform_label(old) == "host, cgroup v1, containerd 1.6.8 crun"
    assert ordered([old, usual]) == [usual, old]
