from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.process import timed


def test_a_process_is_timed_and_its_output_kept(tmp_path: Path) -> None:
    script = "import time; print('here'); time.sleep(0.2); raise SystemExit(3)"
    log = tmp_path / "log"
    ended = timed([sys.executable, "-c", script], log, folder=tmp_path)
    assert ended.code == 3
    assert ended.wall_s >= 0.2
    assert 0 < ended.cpu_s < ended.wall_s
    assert log.read_text(encoding="utf-8") == "here\n"
