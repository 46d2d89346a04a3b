from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from clusters.components import kernel_build
from clusters.components.cache import ComponentCache
from clusters.components.errors import ComponentError
from clusters.components.kernel_build import build_kernel, missing_options, require_tools
from clusters.progress import Progress

FRAGMENT_TEXT = """\
# cgroups
CONFIG_MEMCG=y
CONFIG_PSI=y
CONFIG_NR_CPUS=8
"""

#: A make that answers as the kernel's does: .config from the fragment, then the program.
MAKE = """#!/bin/sh
echo "MAKEFLAGS=$MAKEFLAGS ARCH=$ARCH"
objects=${3#O=}
case "$*" in
*allnoconfig*) cat "${5#KCONFIG_ALLCONFIG=}" | grep -v "$LACKING" > $objects/.config ;;
*) { BUILD }; echo program > $objects/linux ;;
esac
"""


@pytest.fixture
def progress() -> Progress:
    return Progress(Console(file=StringIO()))


@pytest.fixture
def cache(tmp_path: Path, progress: Progress) -> ComponentCache:
    return ComponentCache(tmp_path / "cache", progress)


def test_missing_tools_are_named_by_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name in ("gcc", "xz") else f"/usr/bin/{name}")
    with pytest.raises(ComponentError, match=r"needs the packages gcc, xz-utils.*apt-get install gcc xz-utils"):
        require_tools()


def test_missing_headers_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gcc", "ld", "make", "tar", "xz"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ComponentError, match="needs the packages libc6-dev"):
        require_tools()


def test_options_that_were_not_taken_are_found() -> None:
    configuration = "CONFIG_MEMCG=y\n# CONFIG_PSI is not set\nCONFIG_NR_CPUS=64\n"
    assert missing_options(FRAGMENT_TEXT, configuration) == ["CONFIG_PSI=y", "CONFIG_NR_CPUS=8"]
    assert missing_options(FRAGMENT_TEXT, FRAGMENT_TEXT) == []


def test_our_fragment_has_what_the_cases_read() -> None:
    text = kernel_build.FRAGMENT.read_text()
    wanted = ("MEMCG", "MEMCG_V1", "CFS_BANDWIDTH", "CPUSETS", "PSI", "CGROUP_PIDS", "OVERLAY_FS", "EXT4_FS", "HOSTFS")
    assert missing_options("".join(f"CONFIG_{name}=y\n" for name in wanted), text) == []
    options = [line.split("=")[0] for line in text.splitlines() if line and not line.startswith("#")]
    assert len(options) == len(set(options))


def prepared_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: str = ":") -> tuple[Path, Path]:
    """Stand-ins for every command of a build; the package and the output directory."""
    bin_directory = tmp_path / "bin"
    bin_directory.mkdir()
    scripts = {
        "make": MAKE.replace("{ BUILD }", build),
        "strip": '#!/bin/sh\ncp "$3" "$2"\n',
        "tar": "#!/bin/sh\n:\n",
        "dpkg-deb": '#!/bin/sh\nmkdir -p "$3/usr/src"\n: > "$3/usr/src/linux-source-7.2.tar.xz"\n',
        **dict.fromkeys(("flex", "bison", "m4", "bc"), "#!/bin/sh\n:\n"),
    }
    for name, script in scripts.items():
        (bin_directory / name).write_text(script)
        (bin_directory / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_directory}:{os.environ['PATH']}")
    monkeypatch.setenv("MAKEFLAGS", "-j1 --jobserver-auth=3,4")
    monkeypatch.setenv("LACKING", "nothing-at-all")
    output = tmp_path / "work" / "content"
    output.mkdir(parents=True)
    package = tmp_path / "work" / "linux-source-7.2_1_all.deb"
    package.write_text("package")
    return package, output


def test_a_build_is_configured_by_the_fragment_and_not_by_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: ComponentCache, progress: Progress
) -> None:
    package, output = prepared_build(tmp_path, monkeypatch)
    build_kernel(cache, progress, "7.2.12", package, output)
    assert (output / "linux").read_text() == "program\n"
    log = (cache.directory / "logs/linux-um-v7.2.12.log").read_text()
    assert log.count("\nMAKEFLAGS= ARCH=um\n") == 2
    assert not package.exists()


def test_an_option_that_the_source_does_not_take_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: ComponentCache, progress: Progress
) -> None:
    package, output = prepared_build(tmp_path, monkeypatch)
    monkeypatch.setenv("LACKING", "CONFIG_PSI")
    with pytest.raises(ComponentError, match=r"7\.2\.12 does not take these options of kernel.config: CONFIG_PSI=y\."):
        build_kernel(cache, progress, "7.2.12", package, output)
    assert not (output / "linux").exists()


def test_a_failed_build_shows_its_last_lines_and_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: ComponentCache, progress: Progress
) -> None:
    package, output = prepared_build(tmp_path, monkeypatch, build="echo 'fork.c: error' >&2; exit 2")
    with pytest.raises(ComponentError) as failure:
        build_kernel(cache, progress, "7.2.12", package, output)
    assert "`make` ended with 2" in str(failure.value)
    assert "  fork.c: error\n" in str(failure.value)
    assert str(cache.directory / "logs/linux-um-v7.2.12.log") in str(failure.value)
