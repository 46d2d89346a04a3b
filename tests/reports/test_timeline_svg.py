"""The picture of a resize, in every shape and both sizes."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

import pytest

from reports.html.axis import TimeAxis
from reports.html.layout import NARROW, WIDE, Layout
from reports.html.marks import numbered
from reports.html.panels import panels_of, value_rows
from reports.html.strips import segments_of
from reports.html.svg import text_width
from reports.html.timeline_svg import timeline_svg, timeline_svgs
from reports.units import cpu_text, memory_text, seconds_text
from tests.reports import timelines

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = [name for name in timelines.SHAPES if name not in {"empty", "no_points"}]


def _drawn(shape: str, layout: Layout) -> ET.Element:
    return ET.fromstring(timeline_svg(timelines.SHAPES[shape]().to_json(), layout, name="t"))


def _texts(svg: ET.Element, css: str) -> list[ET.Element]:
    return [text for text in svg.iter(f"{SVG}text") if css in (text.get("class") or "").split()]


@pytest.mark.parametrize("layout", [WIDE, NARROW], ids=lambda layout: layout.name)
@pytest.mark.parametrize("shape", timelines.SHAPES)
def test_every_shape_is_xml_with_words_for_those_who_do_not_see_it(shape: str, layout: Layout) -> None:
    svg = _drawn(shape, layout)
    ids = (svg.get("aria-labelledby") or "").split()
    named = {element.get("id"): element.text for element in svg}
    assert svg.get("role") == "img"
    assert [bool(named[name]) for name in ids] == [True, True]


@pytest.mark.parametrize("shape", ["empty", "no_points"])
def test_nothing_read_gives_no_picture(shape: str) -> None:
    assert timeline_svgs(timelines.SHAPES[shape]().to_json(), name="t") == ""


@pytest.mark.parametrize("layout", [WIDE, NARROW], ids=lambda layout: layout.name)
@pytest.mark.parametrize("shape", DRAWN)
def test_no_two_texts_overlap_and_none_leaves_the_picture(shape: str, layout: Layout) -> None:
    svg = _drawn(shape, layout)
    boxes = []
    for text in svg.iter(f"{SVG}text"):
        words = text.text or ""
        css = (text.get("class") or "").split()
        # The estimate is on the safe side, so a real glyph run is about a tenth narrower than this.
        font_px = 10.5 if "dot-text" in css else 11.5 if "t-small" in css else 12.5
        width = text_width(words, font_px) * 0.88
        x, y = float(text.get("x", 0)), float(text.get("y", 0))
        left = x - {"end": width, "middle": width / 2}.get(text.get("text-anchor", ""), 0)
        if words:
            boxes.append((left, left + width, y, words))
    assert min(left for left, _, _, _ in boxes) > -8
    assert max(right for _, right, _, _ in boxes) < layout.width + 10
    for one, other in itertools.combinations(boxes, 2):
        apart = one[1] <= other[0] + 1 or other[1] <= one[0] + 1 or abs(one[2] - other[2]) >= 9
        assert apart, f"{one} and {other}"


@pytest.mark.parametrize("shape", DRAWN)
def test_strips_fill_the_whole_time_without_gaps(shape: str) -> None:
    svg = _drawn(shape, WIDE)
    for strip in svg.iter(f"{SVG}g"):
        if "strip" not in (strip.get("class") or "").split():
            continue
        segments = [rect for rect in strip.iter(f"{SVG}rect") if "seg" in (rect.get("class") or "").split()]
        assert segments
        rights = [float(rect.get("x", 0)) + float(rect.get("width", 0)) for rect in segments]
        assert rights[-1] == pytest.approx(WIDE.right, abs=1.1)
        for right, following in zip(rights, segments[1:], strict=False):
            assert float(following.get("x", 0)) == pytest.approx(right, abs=1.1)


def test_the_chain_shows_values_and_times() -> None:
    svg = _drawn("quick", WIDE)
    values = [text.text for text in _texts(svg, "t-value")]
    assert values.count("100m") == values.count("300m") == 5
    outcomes = [text.text for text in _texts(svg, "t-outcome") if text.text]
    assert outcomes == ["18 ms", "31 ms", "0.26 s", "81 ms", "0.10 s"]


def test_what_was_never_reached_says_never() -> None:
    outcomes = [text.text for text in _texts(_drawn("infeasible", WIDE), "t-outcome") if text.text]
    assert outcomes == ["19 ms", "never", "never", "never", "never"]


def test_a_missing_value_is_hatched() -> None:
    svg = _drawn("restart", WIDE)
    hatched = [rect for rect in svg.iter(f"{SVG}rect") if rect.get("class") == "seg none"]
    assert len(hatched) == 1
    assert "none" in [text.text for text in _texts(svg, "on-none")]


def test_an_unchanged_resource_is_told_in_words() -> None:
    panels, sentences = panels_of(timelines.quick().to_json())
    assert [panel.title for panel in panels] == ["CPU limit"]
    assert sentences == ["Memory limit did not change: 150 MB in every layer."]


def test_nothing_changed_is_drawn_all_the_same() -> None:
    panels, sentences = panels_of(timelines.refused().to_json())
    assert [len(panel.strips) for panel in panels] == [5]
    assert sentences == []


def test_requests_are_drawn_where_there_is_no_limit() -> None:
    panels, _ = panels_of(timelines.no_limit().to_json())
    assert [strip.name for strip in panels[0].strips] == ["spec (request)", "allocated (request)", "container cgroup"]


def test_a_value_that_comes_back_has_its_old_shade() -> None:
    series = {"resource": "cpu", "points": [(0, 100.0), (1, 300.0), (2, None), (3, 100.0), (4, 200.0)]}
    assert [segment.shade for segment in segments_of(series)] == [0, 1, None, 0, 2]


def test_marks_too_many_for_labels_share_pills() -> None:
    svg = _drawn("restart", WIDE)
    assert [text.text for text in _texts(svg, "dot-text")] == ["1", "2", "4-11", "12"]
    assert len(numbered(timelines.restart().to_json())) == 13


def test_the_table_tells_every_change() -> None:
    rows = {(row.resource, row.layer): row.changes for row in value_rows(timelines.usage_settles().to_json())}
    assert rows["CPU", "status"] == "100m before, then 300m at 1.9 s"
    assert rows["Memory", "container cgroup"] == "149.9996 MB before, then 249.999 MB at 0.21 s"
    assert rows["CPU", "usage"].startswith("80 readings, 100m to 30")


@pytest.mark.parametrize("end_s", [0.0, 0.3, 1.5, 40, 62.5, 600])
def test_the_axis_rises_and_its_ticks_stand_apart(end_s: float) -> None:
    axis = TimeAxis.over(end_s, left=100, right=800, changes=[0.02, 0.02, 0.021, 52.4, 52.6, 61.8, 1e9])
    seconds = [axis.end_s * index / 2000 for index in range(2001)]
    pixels = [axis.x(at_s) for at_s in seconds]
    assert pixels[0] == 100
    assert pixels[-1] == pytest.approx(800)
    assert all(left < right for left, right in itertools.pairwise(pixels))
    ticks = axis.ticks(11.5)
    assert ticks[0] == (100, "0 s")
    assert len(ticks) >= 4
    assert all(right[0] - left[0] > 30 for left, right in itertools.pairwise(ticks))


def test_a_late_change_keeps_room_beside_an_early_one() -> None:
    axis = TimeAxis.over(62.5, left=0, right=700, changes=[0.02, 52.4, 61.8])
    assert axis.x(0.02) > 60
    assert axis.x(61.8) - axis.x(52.4) > 60


@pytest.mark.parametrize(
    ("memory_bytes", "shown"),
    [
        (134_217_728, "128 MiB"),
        (250_000_000, "250 MB"),
        (249_999_360, "249.999 MB"),
        (149_999_616, "149.9996 MB"),
        (4096, "4096 B"),
        (0, "0 B"),
    ],
)
def test_memory_is_exact_enough_for_page_rounding(memory_bytes: float, shown: str) -> None:
    assert memory_text(memory_bytes) == shown


def test_cpu_and_times_read_as_in_kubernetes() -> None:
    assert [cpu_text(value) for value in (100, 1000, 1500, 1230, 2.55)] == ["100m", "1 CPU", "1.5 CPU", "1230m", "2.5m"]
    times = [seconds_text(value) for value in (0, 0.043, 0.21, 0.996, 8.14, 31.2, 59.7, 60, 125)]
    assert times == ["0 s", "43 ms", "0.21 s", "1.0 s", "8.1 s", "31 s", "1 min", "1 min", "2 min 5 s"]
