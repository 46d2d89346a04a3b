"""Kubernetes' own cases: how many the file has, and what it refuses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from resize.catalogue import CatalogueError
from resize.upstream import upstream_cases


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "upstream.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_file_has_as_many_cases_as_each_file_of_1_37_2() -> None:
    today = Counter(case.file.removeprefix("test/") for case in upstream_cases().values() if case.last is None)

    assert today == {
        "e2e/common/node/pod_resize.go": 73,
        "e2e/node/pod_resize.go": 24 + 3,  # pod-resize-scheduler-tests is four
        "e2e/common/node/pod_level_resources_resize.go": 127,
        "e2e/common/node/dra_node_allocatable_resources.go": 5,
        "e2e_node/memory_qos_test.go": 3,
        "e2e_node/pod_resize_criproxy_linux_test.go": 1,
        "e2e/node/allocated_subresource.go": 1,
    }


def test_case_inherits_what_its_group_says_and_overrides_it() -> None:
    volume = upstream_cases()["volume/deferred-isolation"]

    assert volume.first == "1.37"
    assert volume.file == "test/e2e/node/pod_resize.go"
    assert volume.describe == "Pod InPlace Resize Memory-Backed Volume"
    assert volume.name.startswith("(deferred-resizes) should isolate")


COMMON = 'title = "t"\ndescribe = "d"\nfile = "f"\nfirst = "1.30"'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[a]\ntitle = "t"\ndescribe = "d"\n[a.cases]\nb = "n"', r"\[a.cases\] b: the key 'file' is missing"),
        (f'[a]\n{COMMON}\n[a.cases]\nb = {{ name = "n", last = "1.29" }}', "after last"),
        (f'[a]\n{COMMON}\n[a.cases]\n"b/c" = "n"\n["a/b"]\n{COMMON}\n["a/b".cases]\nc = "n"', "two cases 'a/b/c'"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(CatalogueError, match=complaint):
        upstream_cases(written(tmp_path, text))
