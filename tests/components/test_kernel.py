from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from clusters.components import kernel as module
from clusters.components import kernel_build
from clusters.components.cache import ComponentCache
from clusters.components.errors import ComponentError
from clusters.components.kernel import Kernel, SourcePackage, choose_source, kernel
from clusters.components.kernel_build import recipe
from clusters.progress import Progress


class Offers:
    """Stands in for apt: what each suite offers, and how often it was asked."""

    def __init__(self) -> None:
        self.suites: dict[str | None, dict[str, str]] = {}
        self.asked: list[str | None] = []

    def __call__(self, cache: ComponentCache, progress: Progress, suite: str | None = None) -> Apt:
        return Apt(self, suite)


class Apt:
    def __init__(self, offers: Offers, suite: str | None) -> None:
        self._offers = offers
        self._suite = suite

    def search(self, pattern: str) -> dict[str, str]:
        self._offers.asked.append(self._suite)
        if self._suite not in self._offers.suites:
            raise ComponentError(f"{self._suite} can't be reached")
        return self._offers.suites[self._suite]

    def download(self, names: list[str], directory: Path) -> None:
        (directory / f"{names[0]}_1_all.deb").write_text("package")


@pytest.fixture
def offers(monkeypatch: pytest.MonkeyPatch) -> Offers:
    offers = Offers()
    monkeypatch.setattr(module, "PrivateApt", offers)
    monkeypatch.setattr(module, "host_release", lambda: "bookworm")
    monkeypatch.setattr(module, "architecture", lambda: "amd64")
    monkeypatch.setattr(module, "require_tools", lambda: None)
    return offers


@pytest.fixture
def told() -> StringIO:
    return StringIO()


@pytest.fixture
def progress(told: StringIO) -> Progress:
    return Progress(Console(file=told, width=1000))


@pytest.fixture
def cache(tmp_path: Path, progress: Progress) -> ComponentCache:
    return ComponentCache(tmp_path / "cache", progress)


def fake_build(monkeypatch: pytest.MonkeyPatch, failure: str = "") -> list[str]:
    """Let a build write the program at once; the versions that were built."""
    built: list[str] = []

    def build(cache: ComponentCache, progress: Progress, version: str, package: Path, output: Path) -> None:
        assert package.exists()
        built.append(version)
        if failure:
            raise ComponentError(failure)
        (output / "linux").write_text(version)

    monkeypatch.setattr(module, "build_kernel", build)
    return built


def fake_package(monkeypatch: pytest.MonkeyPatch, root: Path, version: str) -> None:
    """Put an unpacked user-mode-linux below ``root``."""
    path = root / "usr/bin/linux.uml"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    monkeypatch.setattr(module, "unpacked", lambda cache, progress, names: root)


def offer(version: str, suite: str | None = "testing") -> SourcePackage:
    series = ".".join(version.split(".")[:2])
    return SourcePackage(f"linux-source-{series}", version, suite)


@pytest.mark.parametrize(
    ("versions", "chosen"),
    [
        (["6.12.95", "7.2.12", "7.10.1"], "7.2.12"),
        (["7.2.9", "7.2.12"], "7.2.12"),
        (["6.16.3", "7.9.1", "7.10.1"], "7.10.1"),
        (["6.16"], "6.16"),
        (["6.1.176", "6.15.11"], None),
        ([], None),
    ],
)
def test_the_pinned_series_is_chosen_or_else_the_newest(versions: list[str], chosen: str | None) -> None:
    found = choose_source([offer(version) for version in versions])
    assert (None if found is None else found.version) == chosen


def test_a_kernel_in_the_named_directory_comes_first(
    offers: Offers, cache: ComponentCache, progress: Progress, tmp_path: Path
) -> None:
    path = tmp_path / "linux"
    path.write_text("#!/bin/sh\necho 6.19.2\n")
    path.chmod(0o755)
    assert kernel(cache, progress, tmp_path) == Kernel(path, "6.19.2", "directory")
    assert offers.asked == []


def test_a_built_kernel_is_used_again_without_a_look_at_the_archive(
    offers: Offers, cache: ComponentCache, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers.suites = {"testing": {"linux-source-7.2": "7.2.12-1", "linux-source-7.4": "7.4.1-1"}}
    built = fake_build(monkeypatch)
    first = kernel(cache, progress)
    assert (first.version, first.source, first.modules) == ("7.2.12", "build", None)
    assert first.path == cache.directory / "linux-um-v7.2.12-amd64" / "linux"
    offers.suites = {"testing": {"linux-source-7.2": "7.2.13-1"}}
    assert kernel(cache, progress) == Kernel(first.path, "7.2.12", "cache")
    assert (built, offers.asked) == (["7.2.12"], ["testing"])


def test_another_fragment_makes_another_kernel(
    offers: Offers, cache: ComponentCache, progress: Progress, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    offers.suites = {"testing": {"linux-source-7.2": "7.2.12-1"}}
    built = fake_build(monkeypatch)
    kernel(cache, progress)
    before = recipe()
    fragment = tmp_path / "kernel.config"
    fragment.write_text(kernel_build.FRAGMENT.read_text() + "# only a comment\n")
    monkeypatch.setattr(kernel_build, "FRAGMENT", fragment)
    assert recipe() == before
    fragment.write_text(kernel_build.FRAGMENT.read_text() + "CONFIG_SWAP=y\n")
    assert kernel(cache, progress).source == "build"
    assert built == ["7.2.12", "7.2.12"]


def test_further_suites_are_asked_until_one_has_the_pinned_series(
    offers: Offers, cache: ComponentCache, progress: Progress, told: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers.suites = {
        "testing": {"linux-source-7.4": "7.4.1-1", "linux-source-notes": "9.9"},
        "bookworm-backports": {"linux-source-6.12": "6.12.95-1~bpo12+1"},
    }
    fake_build(monkeypatch)
    assert kernel(cache, progress).version == "7.4.1"
    assert offers.asked == ["testing", "bookworm-backports", None]
    assert "no Linux 7.2 any more: 7.4.1 is untested" in told.getvalue()


def test_the_package_is_the_last_resort_and_its_limits_are_told(
    offers: Offers,
    cache: ComponentCache,
    progress: Progress,
    told: StringIO,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    offers.suites = {"testing": {"linux-source-7.2": "7.2.12-1"}}
    fake_build(monkeypatch, failure="gcc: internal error")
    fake_package(monkeypatch, tmp_path, "6.1.176")
    packaged = kernel(cache, progress)
    assert packaged == Kernel(tmp_path / "usr/bin/linux.uml", "6.1.176", "package", tmp_path / "usr/lib/uml/modules")
    assert "gcc: internal error\nSo the node runs" in told.getvalue()
    assert "user-mode-linux 6.1.176: it has one CPU, no cpuset" in told.getvalue()
    assert "two to three times slower" in told.getvalue()


def test_a_newer_package_is_not_called_slow(
    offers: Offers,
    cache: ComponentCache,
    progress: Progress,
    told: StringIO,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    fake_package(monkeypatch, tmp_path, "7.2.7")
    assert kernel(cache, progress).version == "7.2.7"
    assert "slower" not in told.getvalue()


def test_an_error_names_every_way_that_was_tried(
    offers: Offers, cache: ComponentCache, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers.suites = {None: {"linux-source-6.1": "6.1.176-1"}}

    def offline(cache: ComponentCache, progress: Progress, names: list[str]) -> Path:
        raise ComponentError("no mirror")

    monkeypatch.setattr(module, "unpacked", offline)
    with pytest.raises(ComponentError) as failure:
        kernel(cache, progress)
    message = str(failure.value)
    assert message.startswith("the archive has no kernel source of Linux 6.16 or newer (found: linux-source-6.1).")
    assert "\ntesting can't be reached\n" in message
    assert "no way out: no mirror\n" in message
    assert message.endswith("put it as the file linux into the directory of --components-dir.")


def test_other_processors_are_told_so(
    cache: ComponentCache, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "architecture", lambda: "arm64")
    with pytest.raises(ComponentError, match="x86 processors only, and this one is arm64"):
        kernel(cache, progress)
