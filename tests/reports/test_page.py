"""report.html: well-formed, escaped, self-contained, readable in both color schemes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reports.html import page as page_module
from reports.html import report_html
from reports.html.evidence import INLINE_BELOW_BYTES, read_evidence
from reports.model import Verdict
from tests.reports import platforms, sample

_VOID = {"meta", "link", "br", "img", "hr", "input"}
_TEMPLATES = Path(__file__).parents[2] / "reports" / "html" / "templates"


class Page(HTMLParser):
    """Reads a page, and notes what isn't balanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("run")
    sample.write_evidence(folder)
    return report_html(sample.results(), folder)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_every_tag_is_closed(page: Page) -> None:
    assert page.faults == []
    assert page.open == []


def test_ids_are_unique_and_links_lead_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    anchors = {
        (a.get("href") or "")[1:] for tag, a in page.elements if tag == "a" and (a.get("href") or "").startswith("#")
    }
    assert len(anchors) > 20
    assert anchors <= set(ids)
    labelled = {name for _, a in page.elements for name in (a.get("aria-labelledby") or "").split()}
    assert labelled <= set(ids)


def test_text_from_outside_is_escaped(text: str, page: Page) -> None:
    assert not [tag for tag, _ in page.elements if tag in {"script", "b", "iframe", "object"}]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert any("<b>not bold</b>" in part for part in page.texts)


def test_nothing_is_loaded_from_elsewhere(text: str, page: Page) -> None:
    for tag, attributes in page.elements:
        assert tag not in {"link", "img", "script"}
        assert "src" not in attributes
        if tag != "a":
            assert not attributes.get("href")
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    assert "@import" not in style[1]
    assert set(re.findall(r"url\(([^)]*)\)", style[1])) == {"#hatch"}


def test_only_web_addresses_become_links(tmp_path: Path) -> None:
    results = sample.results()
    for case in results.cases:
        case.links = ["javascript:alert(1)"]
        if case.known_issue:
            case.known_issue.link = "javascript:alert(2)"
    page = Page(report_html(results, tmp_path))
    assert not [a for _, a in page.elements if (a.get("href") or "").startswith("javascript")]


def test_every_table_names_its_rows_and_columns(page: Page) -> None:
    scopes = [attributes.get("scope") for tag, attributes in page.elements if tag == "th"]
    assert scopes
    assert set(scopes) == {"col", "row", "rowgroup"}


def test_verdicts_have_a_symbol_and_a_word(text: str) -> None:
    for symbol, word in (("✗", "violation"), ("◆", "known issue"), ("!", "broken environment"), ("✓", "conformant")):
        assert f'aria-hidden="true">{symbol}</span><span class="word"> {word}</span></span>' in text


def test_what_differs_comes_first_and_the_worst_is_on_top(text: str) -> None:
    differs, _, rest = text.partition('id="results"')
    heads = re.findall(r'<li class="v-([a-z-]+)">', differs)
    assert heads == ["violation", "known-issue", "broken-environment"]
    assert 'id="matrix"' in rest


def test_a_case_that_differs_alike_on_several_clusters_is_one_entry(tmp_path: Path) -> None:
    results = platforms.results()
    known = next(case for case in results.cases if case.verdict is Verdict.KNOWN_ISSUE)
    others = [case for case in results.cases if case.id == known.id and case is not known]
    for case in others:
        case.verdict, case.known_issue, case.reason = known.verdict, known.known_issue, known.reason
    differs, _, _ = report_html(results, tmp_path).partition('id="platforms"')
    (entry,) = re.findall(r'<li class="v-known-issue">.*?</li>', differs, re.DOTALL)
    assert entry.count('class="where"') == 1 + len(others)


def test_a_large_report_draws_what_differs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = 'class="timeline wide"'
    monkeypatch.setattr(page_module, "_DRAWN", 1)
    few = report_html(sample.results(), tmp_path)
    monkeypatch.undo()
    assert 0 < few.count(drawn) < report_html(sample.results(), tmp_path).count(drawn)
    assert "those that conform are shown without drawings" in few


def test_a_run_in_which_all_conforms_has_no_such_section(tmp_path: Path) -> None:
    results = sample.results()
    results.cases = [case for case in results.cases if case.verdict is Verdict.CONFORMANT]
    assert "What differs" not in report_html(results, tmp_path)


def test_a_run_without_anything_is_a_page_too(tmp_path: Path) -> None:
    results = sample.results()
    results.cases, results.run.interrupted = [], True
    results.clusters[0].error = "etcd: port in use <2379>"
    page = Page(report_html(results, tmp_path))
    assert page.faults == []
    assert any("etcd: port in use <2379>" in part for part in page.texts)
    assert any("Interrupted" in part for part in page.texts)
    results.clusters = []
    assert Page(report_html(results, tmp_path)).faults == []


def test_small_text_evidence_is_unfolded_and_large_is_linked(text: str) -> None:
    assert "cpu.max 60000 100000\nmemory.max 249999360" in text
    assert 'href="evidence/test_grow/kubelet.log"' in text
    assert "I1123 04:19:40.1 resize" not in text
    assert "can&#39;t be read: No such file" in text


def test_evidence_outside_the_run_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("not for the report")
    run = tmp_path / "run"
    run.mkdir()
    found = read_evidence({"path": "../secret.txt", "title": "x"}, run)
    assert (found.text, found.link) == (None, "")


def test_evidence_at_the_size_limit_is_linked(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x" * INLINE_BELOW_BYTES)
    (tmp_path / "b.log").write_text("x" * (INLINE_BELOW_BYTES - 1))
    assert read_evidence({"path": "a.log", "title": "x"}, tmp_path).text is None
    assert read_evidence({"path": "b.log", "title": "x"}, tmp_path).text is not None


def _luminance(color: str) -> float:
    channels = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _colors(name: str) -> tuple[dict[str, str], dict[str, str]]:
    light, _, dark = (_TEMPLATES / name).read_text().partition("@media (prefers-color-scheme: dark)")
    dark = dark.partition("\n}\n")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light)), dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: int) -> None:
    """At least 4.5 to 1 (WCAG 2.2, success criterion 1.4.3)."""
    colors = _colors("page.css")[scheme] | _colors("timeline.css")[scheme]
    assert len(colors) > 40
    pairs = [(ink, ground) for ink in ("text", "muted", "link") for ground in ("page", "card", "sunken")]
    pairs += [(verdict, f"{verdict}-ground") for verdict in Verdict]
    pairs += [("on-shade", f"{name}-{shade}") for name in ("cpu", "memory", "state") for shade in range(3)]
    pairs += [("dot-text", kind) for kind in ("request", "answer", "event", "restart", "state-edge")]
    poor = {pair: round(ratio, 2) for pair in pairs if (ratio := _contrast(colors[pair[0]], colors[pair[1]])) < 4.5}
    assert poor == {}
