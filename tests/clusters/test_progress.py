from __future__ import annotations

import time
from io import StringIO

import pytest
from rich.console import Console

from clusters import progress as module
from clusters.phases import Phases
from clusters.progress import Progress


@pytest.fixture
def output() -> StringIO:
    return StringIO()


@pytest.fixture
def progress(output: StringIO) -> Progress:
    return Progress(Console(file=output, width=200))


def test_quick_steps_are_silent(progress: Progress, output: StringIO) -> None:
    with progress.step("quick"):
        pass
    assert output.getvalue() == ""


def test_slow_steps_are_announced_and_ended(
    progress: Progress, output: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUIET_S", 0.02)
    with progress.step("building"):
        time.sleep(0.1)
    announced, ended = output.getvalue().splitlines()
    assert announced == "building ... 0 s"
    assert ended == "building: done after 0.1 s"


def test_failed_steps_say_so_and_let_the_error_through(
    progress: Progress, output: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUIET_S", 0.0)
    with pytest.raises(RuntimeError, match="no luck"), progress.step("building"):
        raise RuntimeError("no luck")
    assert "building: failed after" in output.getvalue()


def test_prefix_and_brackets_are_printed_as_they_are(progress: Progress, output: StringIO) -> None:
    progress.under("1.37").say("[red] is no markup")
    assert output.getvalue() == "1.37: [red] is no markup\n"


def test_phases_keep_their_order_and_failures() -> None:
    phases = Phases()
    with phases.phase("first"):
        time.sleep(0.02)
    with pytest.raises(KeyError), phases.phase("second"):
        raise KeyError
    assert list(phases.seconds) == ["first", "second"]
    assert 0.02 <= phases.seconds["first"] < 1
    assert str(phases).startswith(f"{sum(phases.seconds.values()):.1f} s (first 0.0 s, second")
