from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusters.contract import NoNodeAccessError
from resize import kubectl
from resize.kubectl import Kubectl, Usage
from resize.observer import ConformanceError

if TYPE_CHECKING:
    from pathlib import Path


def kubectl_that(tmp_path: Path, script: str) -> Kubectl:
    """A kubectl made of a shell script."""
    binary = tmp_path / "kubectl"
    binary.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    binary.chmod(0o700)
    return Kubectl(str(binary), "/the/kubeconfig", "resize-1")


def test_cluster_and_namespace_are_named_to_it(tmp_path: Path) -> None:
    done = kubectl_that(tmp_path, 'echo "$@"; echo err >&2; exit 3').exec("p", ["cat", "/x"])
    assert done.stdout == "--kubeconfig=/the/kubeconfig --namespace=resize-1 exec p -- cat /x\n"
    assert (done.stderr, done.returncode) == ("err\n", 3)


def test_exec_that_is_forbidden_says_nothing_about_the_pod(tmp_path: Path) -> None:
    # kubectl 1.37.2
    told = 'error: unable to upgrade connection: pods "p" is forbidden: User "u" cannot create resource "pods/exec"'
    with pytest.raises(NoNodeAccessError, match="no node access: error: unable to upgrade connection: pods"):
        kubectl_that(tmp_path, f"echo '{told}' >&2; exit 1").exec("p", ["true"])


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        ("stress   100m   131Mi", Usage(100, 131 * 2**20)),
        ("stress   1      1Gi  ", Usage(1000, 2**30)),
        ("", None),
        ("error: metrics not available yet", None),
    ],
)
def test_top_reads_one_line(tmp_path: Path, line: str, usage: Usage | None) -> None:
    assert kubectl_that(tmp_path, f"echo '{line}'").top("stress") == usage


def test_top_that_fails_shows_nothing(tmp_path: Path) -> None:
    assert kubectl_that(tmp_path, "echo stress 100m 131Mi; exit 1").top("stress") is None


def test_until_top_returns_the_first_line_that_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubectl, "TOP_EVERY_S", 0.001)
    count = tmp_path / "count"
    script = f"""\
echo >> {count}
case $(wc -l < {count}) in
1) exit 1;;
2|3) echo stress 100m 131Mi;;
*) echo stress 199m 131Mi;;
esac"""
    seen: list[Usage] = []
    found = kubectl_that(tmp_path, script).until_top(
        "stress", lambda usage: usage.cpu_milli > 150, what="more", on_usage=seen.append
    )
    assert found.cpu_milli == 199
    # A line that says the same again is no news.
    assert [usage.cpu_milli for usage in seen] == [100, 199]


@pytest.mark.parametrize(("script", "told"), [("echo stress 100m 131Mi", "100m 131Mi"), ("exit 1", "nothing")])
def test_until_top_tells_what_it_saw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, told: str) -> None:
    monkeypatch.setattr(kubectl, "TOP_EVERY_S", 0.001)
    monkeypatch.setattr(kubectl, "TOP_DEADLINE_S", 0.02)
    with pytest.raises(ConformanceError) as caught:
        kubectl_that(tmp_path, script).until_top("stress", lambda _: False, what="200m", on_usage=lambda _: None)
    assert str(caught.value) == f"kubectl top pod stress did not show 200m within 0 s; it showed: {told}"
