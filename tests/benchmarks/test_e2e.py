from __future__ import annotations

import re
from typing import Any

from benchmarks.e2e import chosen, focus


def test_the_focus_names_just_the_cases() -> None:
    names = ["[sig-node] Resize (one) cpu", "[sig-node] Resize + two"]
    pattern = re.compile(focus(names))
    assert all(pattern.search(name) for name in names)
    assert not pattern.search("[sig-node] Resize (one) cpu & mem")


def test_what_was_skipped_or_is_no_case_was_not_run() -> None:
    def spec(kind: str, state: str) -> dict[str, Any]:
        return {"LeafNodeType": kind, "State": state}

    document = {"SpecReports": [spec("It", "passed"), spec("It", "skipped"), spec("BeforeSuite", "passed")]}
    assert chosen(document) == [spec("It", "passed")]
    assert chosen({"SpecReports": None}) == []
