from __future__ import annotations

import os
import subprocess
import time
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from clusters.components import packages
from clusters.components.apt_sources import Source
from clusters.components.cache import ComponentCache
from clusters.components.errors import ComponentError
from clusters.components.packages import PrivateApt, find_program, tree_environment, unpacked
from clusters.progress import Progress
from tests.components.fake_apt import FakeApt

QUIET = Progress(Console(file=StringIO()))

ARCHIVE = Source(("http://mirror.example/debian",), ("bookworm",), ("main",), "/keys/archive.gpg")

PLAN = """\
Reading package lists...
Inst libc6 (2.36-9 Debian:12/oldstable [amd64])
Inst m4 (1.4.19-3 Debian:12/oldstable [amd64])
Inst flex [2.6.3] (2.6.4-8.2 Debian:12/oldstable [amd64]) []
Conf flex (2.6.4-8.2 Debian:12/oldstable [amd64])
"""


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeApt:
    directory = tmp_path / "apt-bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    monkeypatch.setattr(packages, "read_sources", lambda: [ARCHIVE])
    monkeypatch.setattr(packages, "host_release", lambda: "bookworm")
    return FakeApt(directory)


@pytest.fixture
def cache(tmp_path: Path) -> ComponentCache:
    return ComponentCache(tmp_path / "cache", QUIET)


def test_packages_come_with_their_dependencies_but_without_what_every_system_has(
    apt: FakeApt, cache: ComponentCache
) -> None:
    apt.write(plan=PLAN)
    root = unpacked(cache, QUIET, ["flex"])
    assert apt.calls() == [
        "update",
        "install --simulate --no-install-recommends flex",
        "download m4=1.4.19-3 flex=2.6.4-8.2",
    ]
    assert {path.name for path in (root / "usr/bin").iterdir()} == {"m4", "flex"}


def test_unpacked_packages_need_no_apt_the_second_time(apt: FakeApt, cache: ComponentCache) -> None:
    apt.write(plan=PLAN)
    root = unpacked(cache, QUIET, ["flex"])
    calls = apt.calls()
    apt.write(update="exit 100", download="exit 100")
    assert unpacked(cache, QUIET, ["flex"]) == root
    assert apt.calls() == calls


def test_a_damaged_package_is_downloaded_and_unpacked_anew(apt: FakeApt, cache: ComponentCache) -> None:
    apt.write(plan=PLAN)
    root = unpacked(cache, QUIET, ["flex"])
    next(cache.directory.glob("packages-*/flex*.deb")).write_text("cut")
    apt.write(plan=PLAN.replace("m4", "m5"))
    again = unpacked(cache, QUIET, ["flex"])
    assert again != root
    assert {path.name for path in (again / "usr/bin").iterdir()} == {"m5", "flex"}


def test_a_package_of_another_suite_comes_alone(apt: FakeApt, cache: ComponentCache, tmp_path: Path) -> None:
    apt.write()
    PrivateApt(cache, QUIET, "testing").download(["linux-source-7.2"], tmp_path)
    assert apt.calls() == ["update", "download linux-source-7.2"]
    assert (tmp_path / "linux-source-7.2_1_all.deb").exists()
    assert "Suites: testing\n" in (cache.directory / "apt/testing/archive.sources").read_text()


def test_the_configuration_keeps_to_its_own_folders_and_checks_signatures(apt: FakeApt, cache: ComponentCache) -> None:
    apt.write()
    assert PrivateApt(cache, QUIET, "testing").search("^linux-source") == {"linux-source-7.2": "7.2.12-1"}
    directory = cache.directory / "apt/testing"
    lines = (directory / "apt.conf").read_text().splitlines()
    for name in ("State", "State::status", "Cache", "Log", "Etc::sourcelist"):
        (value,) = (line.split('"')[1] for line in lines if line.startswith(f"Dir::{name} "))
        assert Path(value).is_relative_to(directory)
    assert 'Acquire::AllowInsecureRepositories "false";' in lines
    assert (directory / "archive.sources").read_text() == (
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: testing\nComponents: main\n"
        "Signed-By: /keys/archive.gpg\nTargets: Packages\n"
    )


def test_lists_are_fetched_once_a_day_and_for_other_addresses(
    apt: FakeApt, cache: ComponentCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt.write()
    private = PrivateApt(cache, QUIET, "testing")
    private.search("x")
    private.search("x")
    assert apt.calls().count("update") == 1
    yesterday = time.time() - 25 * 3600
    os.utime(cache.directory / "apt/testing/fetched", (yesterday, yesterday))
    private.search("x")
    assert apt.calls().count("update") == 2
    moved = Source(("http://other.example/debian",), ("bookworm",), ("main",))
    monkeypatch.setattr(packages, "read_sources", lambda: [moved])
    private.search("x")
    assert apt.calls().count("update") == 3


def test_a_version_that_left_the_mirror_is_looked_up_again(apt: FakeApt, cache: ComponentCache, tmp_path: Path) -> None:
    apt.write(download=f"[ $(grep -c update {apt.directory}/calls) = 2 ] || exit 100")
    PrivateApt(cache, QUIET, "testing").download(["linux-source-7.2"], tmp_path)
    assert apt.calls() == ["update", "download linux-source-7.2", "update", "download linux-source-7.2"]


def test_an_error_of_apt_is_told_with_its_last_lines(apt: FakeApt, cache: ComponentCache) -> None:
    apt.write(update="echo 'E: The repository does not have a Release file.' >&2; exit 100")
    with pytest.raises(ComponentError, match="packages flex could not be downloaded") as failure:
        unpacked(cache, QUIET, ["flex"])
    assert "apt/bookworm failed:\n  E: The repository does not have a Release file." in str(failure.value)
    assert not list(cache.directory.glob("packages-*"))


def test_many_names_make_a_short_entry_of_their_own(apt: FakeApt, cache: ComponentCache) -> None:
    apt.write(plan=PLAN)
    names = [f"package-with-a-long-name-{number}" for number in range(9)]
    roots = {unpacked(cache, QUIET, names), unpacked(cache, QUIET, [*names, "one-more"])}
    assert len({root.name for root in roots}) == 2
    assert all(len(root.name) < 100 for root in roots)


def test_a_program_on_path_is_taken_as_it_is(apt: FakeApt, cache: ComponentCache) -> None:
    apt.write()
    assert find_program("apt-get", "apt", cache, QUIET) == apt.directory / "apt-get"
    assert apt.calls() == []


def test_a_program_that_is_missing_comes_out_of_its_package(apt: FakeApt, cache: ComponentCache) -> None:
    apt.write(plan=PLAN.replace("flex", "no-such-program"))
    path = find_program("no-such-program", "no-such-program", cache, QUIET)
    assert path.is_relative_to(cache.directory)
    assert subprocess.check_output([path], text=True) == "packaged\n"


def test_a_package_without_the_program_is_named(apt: FakeApt, cache: ComponentCache) -> None:
    apt.write(plan=PLAN)
    with pytest.raises(ComponentError, match=r"no-such-program was not found.*the package flex holds no no-such-prog"):
        find_program("no-such-program", "flex", cache, QUIET)


def test_a_system_without_apt_is_told_what_to_install(cache: ComponentCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(packages, "host_release", lambda: "bookworm")
    with pytest.raises(ComponentError, match=r"apt-get install stress; elsewhere.*no apt-get and dpkg-deb"):
        find_program("stress", "stress", cache, QUIET)


def test_programs_and_libraries_of_a_tree_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("usr/bin", "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    assert tree_environment(tmp_path) == {
        "PATH": f"{tmp_path}/usr/bin:{tmp_path}/bin:/usr/bin",
        "LD_LIBRARY_PATH": f"{tmp_path}/usr/lib/x86_64-linux-gnu:{tmp_path}/lib/x86_64-linux-gnu",
    }
