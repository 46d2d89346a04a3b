from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.attach import CASES, IDS, MEMORY, SETTINGS_VARIABLE
from tests.fixtures.checkout import ROOT, Checkout

THREE_CASES = '''
@pytest.mark.conformance
@pytest.mark.upstream("a/1", "a/2")
def test_one(cluster_key):
    """One."""

@pytest.mark.conformance
@pytest.mark.upstream("a/3")
def test_two(cluster_key):
    """Two."""
    assert False, "as it was meant to"

@pytest.mark.conformance
def test_of_our_own(cluster_key):
    """Three."""
'''


@pytest.mark.parametrize(("more", "who"), [([], "main"), (["-n", "1"], "gw0")])
def test_the_cases_that_are_wanted_are_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str], who: str
) -> None:
    checkout = Checkout(tmp_path, THREE_CASES)
    (tmp_path / "benchmarks").symlink_to(ROOT / "benchmarks")
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"folder": str(tmp_path), "wanted": ["a/2", "a/3"], "record": None}), "utf-8")
    monkeypatch.setenv(SETTINGS_VARIABLE, str(settings))

    ended = checkout.run("-p", "benchmarks.attach", *more)

    cases = json.loads((tmp_path / CASES).read_text("utf-8"))
    assert sorted(case["ids"] for case in cases) == [["a/1", "a/2"], ["a/3"]], ended.output
    failed = {case["ids"][0]: case["failure"] for case in cases if case["failure"]}
    assert list(failed) == ["a/3"]
    assert "as it was meant to" in failed["a/3"]
    assert all(case["took_s"] >= 0 for case in cases)
    assert len(json.loads((tmp_path / IDS).read_text("utf-8"))) == 2
    assert json.loads((tmp_path / MEMORY.format(who)).read_text("utf-8"))["peak_mib"] > 10
