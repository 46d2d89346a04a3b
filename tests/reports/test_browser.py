"""The page in headless Chromium: it is drawn, in both color schemes, on a desk's and on a phone's width."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
from contextlib import suppress
from subprocess import PIPE
from typing import TYPE_CHECKING

import pytest

from reports.write import write_all
from tests.reports import platforms, sample

if TYPE_CHECKING:
    from pathlib import Path

_BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
#: Values of blink's preferredColorScheme.
_DARK, _LIGHT = 0, 1

pytestmark = pytest.mark.skipif(_BROWSER is None, reason="no Chromium: apt-get install chromium fonts-dejavu-core")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    sample.write_evidence(folder)
    write_all(sample.results(), folder)
    return folder


def _browse(profile: Path, address: str, *options: str) -> str:
    assert _BROWSER
    command = [_BROWSER, *_QUIET, f"--user-data-dir={profile}", *options, address]
    # A session of its own, so that whatever the browser started ends with it.
    with subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True, start_new_session=True) as browser:
        try:
            output, errors = browser.communicate(timeout=60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(browser.pid, signal.SIGKILL)
    assert browser.returncode == 0, errors[-2000:]
    return output


def _size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_both_color_schemes_are_drawn(run_folder: Path, tmp_path: Path) -> None:
    pictures = []
    for scheme in (_LIGHT, _DARK):
        file = tmp_path / f"{scheme}.png"
        _browse(
            tmp_path / f"profile-{scheme}",
            (run_folder / "report.html").as_uri(),
            f"--blink-settings=preferredColorScheme={scheme}",
            "--window-size=1400,1000",
            f"--screenshot={file}",
        )
        pictures.append(file.read_bytes())
    assert [_size(picture) for picture in pictures] == [(1400, 1000)] * 2
    assert pictures[0] != pictures[1]


#: The browser measures the page itself: a window narrower than 500 pixels is refused, so the phone is a frame.
_PROBE = """<!doctype html>
<iframe id="phone" style="width:{width}px;height:900px" src="report.html"></iframe>
<pre id="found"></pre>
<script>
onload = () => {{
  const page = document.getElementById("phone").contentDocument;
  const width = picture => picture.getBoundingClientRect().width;
  const shown = name => [...page.querySelectorAll(".outcome[open] .timeline." + name)].filter(width).length;
  document.getElementById("found").textContent = "FOUND " + JSON.stringify({{
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    rows: page.querySelectorAll("#matrix tbody tr:not(.group)").length,
    cells: page.querySelectorAll("#matrix a.cell").length,
    wide: shown("wide"), narrow: shown("narrow")
  }});
}};
</script>"""


def _measured(folder: Path, profile: Path, width: int) -> str:
    """What the probe found on the page of a run's folder, shown this wide."""
    probe = folder / f"probe-{width}.html"
    probe.write_text(_PROBE.format(width=width))
    return _browse(
        profile,
        probe.as_uri(),
        "--allow-file-access-from-files",
        "--window-size=1500,1000",
        "--virtual-time-budget=5000",
        "--dump-dom",
    )


@pytest.mark.parametrize(("width", "picture"), [(1400, "wide"), (420, "narrow")])
def test_the_page_fits_its_width_and_holds_the_matrix(
    run_folder: Path, tmp_path: Path, width: int, picture: str
) -> None:
    dom = _measured(run_folder, tmp_path / "profile", width)
    pictures = {"wide": 0, "narrow": 0} | {picture: 3}
    expected = f'"overflow":0,"rows":12,"cells":23,"wide":{pictures["wide"]},"narrow":{pictures["narrow"]}'
    assert f"FOUND {{{expected}}}" in dom


def test_four_columns_fit_a_phone(tmp_path: Path) -> None:
    write_all(platforms.results(), tmp_path)
    dom = _measured(tmp_path, tmp_path / "profile", 420)
    assert 'FOUND {"overflow":0,"rows":13,"cells":48,"wide":0,"narrow":5}' in dom


def test_the_dom_holds_the_matrix_without_a_script(run_folder: Path, tmp_path: Path) -> None:
    dom = _browse(tmp_path / "profile", (run_folder / "report.html").as_uri(), "--dump-dom")
    assert dom.count('class="cell"') == len(sample.results().cases)
    assert "<script" not in dom
