"""The kernel that a User-Mode Linux node runs: an ordinary program, made once as an ordinary user.

It is built from the distribution's kernel source package: the packaged user-mode-linux is either old, and then slow, or
wants a newer C library than this host's. https://docs.kernel.org/virt/uml/user_mode_linux_howto_v2.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from clusters.components.apt_sources import host_release
from clusters.components.directory import find_in_directory, printed_version
from clusters.components.errors import ComponentError
from clusters.components.kernel_build import build_kernel, recipe, require_tools
from clusters.components.packages import PrivateApt, unpacked
from clusters.components.pins import architecture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters.components.cache import ComponentCache
    from clusters.progress import Progress

Series = tuple[int, int]
Source = Literal["directory", "cache", "build", "package"]

#: The series that the suite is tested with.
PINNED_SERIES: Series = (7, 2)

#: The first with the seccomp mode of arch/um, which takes half of ptrace's time for a pod to start.
OLDEST_SERIES: Series = (6, 16)

_SOURCE_PACKAGE = re.compile(r"linux-source-(\d+)\.(\d+)(?:\.0)?")


@dataclass(frozen=True, slots=True)
class Kernel:
    """A User-Mode Linux kernel that is ready to be run.

    Attributes:
        path: The program.
        version: Such as ``7.2.12``.
        source: Where it came from this time.
        modules: A directory VERSION/ below this one has its modules; None for a kernel that needs none.
    """

    path: Path
    version: str
    source: Source
    modules: Path | None = None

    @property
    def series(self) -> Series | None:
        """Major and minor of the version; None where the program printed none."""
        return _series(self.version)


@dataclass(frozen=True, slots=True)
class SourcePackage:
    """A package with a kernel's source.

    Attributes:
        name: Such as ``linux-source-7.2``.
        version: The kernel's version, such as ``7.2.12``.
        suite: Where it is: ``testing``, or None for the host's own release.
    """

    name: str
    version: str
    suite: str | None


def kernel(cache: ComponentCache, progress: Progress, components_dir: Path | None = None) -> Kernel:
    """Get a kernel: a file ``linux`` in ``components_dir``, the cache, a build, or the distribution's package.

    A kernel that is in the cache is used without a look at what the archive offers by now.

    Raises:
        ComponentError: None of the ways works, or the processor has no User-Mode Linux.
    """
    named = None if components_dir is None else find_in_directory(components_dir, "linux")
    if named is not None:
        return Kernel(named, printed_version(named), "directory")
    if architecture() != "amd64":
        raise ComponentError(f"User-Mode Linux runs on x86 processors only, and this one is {architecture()}")
    cached = cached_kernel(cache)
    if cached is not None:
        return cached
    try:
        return _built(cache, progress)
    except ComponentError as error:
        try:
            packaged = _packaged(cache, progress)
        except ComponentError as second:
            raise ComponentError(
                f"{error}\nThe packaged User-Mode Linux is no way out: {second}\n"
                f"A kernel made elsewhere will do: put it as the file linux into the directory of --components-dir."
            ) from error
        slow = (
            ", and starts pods two to three times slower" if (packaged.series or OLDEST_SERIES) < OLDEST_SERIES else ""
        )
        progress.say(
            f"{error}\nSo the node runs the distribution's package user-mode-linux {packaged.version}: "
            f"it has one CPU, no cpuset controller and no pressure figures{slow}."
        )
        return packaged


def choose_source(offers: Sequence[SourcePackage]) -> SourcePackage | None:
    """The package to build from: the pinned series, or else the newest that is not too old."""
    usable = [offer for offer in offers if (_series(offer.version) or (0, 0)) >= OLDEST_SERIES]
    return max(
        usable, key=lambda offer: (_series(offer.version) == PINNED_SERIES, _numbers(offer.version)), default=None
    )


def cached_kernel(cache: ComponentCache) -> Kernel | None:
    """The kernel that the cache holds, the pinned series first; None if it holds none."""
    names = [path.name for path in cache.directory.glob(f"{_key('*')}")]
    versions = [name.removeprefix("linux-um-v").rsplit("-", 1)[0] for name in names]
    for version in sorted(versions, key=lambda text: (_series(text) == PINNED_SERIES, _numbers(text)), reverse=True):
        entry = cache.lookup(_key(version), recipe())
        if entry is not None:
            return Kernel(entry.directory / "linux", version, "cache")
    return None


def _built(cache: ComponentCache, progress: Progress) -> Kernel:
    require_tools()
    source = _find_source(cache, progress)
    if _series(source.version) != PINNED_SERIES:
        pinned = ".".join(map(str, PINNED_SERIES))
        progress.say(f"the archive has no Linux {pinned} any more: {source.version} is untested with this suite")

    def fill(content: Path) -> str:
        PrivateApt(cache, progress, source.suite).download([source.name], content.parent)
        build_kernel(cache, progress, source.version, next(content.parent.glob("*.deb")), content)
        return "build"

    entry, was_there = cache.get(_key(source.version), recipe(), fill)
    return Kernel(entry.directory / "linux", source.version, "cache" if was_there else "build")


def _packaged(cache: ComponentCache, progress: Progress) -> Kernel:
    root = unpacked(cache, progress, ["user-mode-linux"])
    path = root / "usr/bin/linux.uml"
    return Kernel(path, printed_version(path), "package", root / "usr/lib/uml/modules")


def _find_source(cache: ComponentCache, progress: Progress) -> SourcePackage:
    offers: list[SourcePackage] = []
    causes: list[str] = []
    for suite in ("testing", f"{host_release()}-backports", None):
        try:
            found = PrivateApt(cache, progress, suite).search(r"^linux-source-[0-9.]+$")
        except ComponentError as error:
            # Not every archive has every suite.
            causes.append(str(error))
            continue
        offers += [
            SourcePackage(name, ".".join(map(str, _numbers(version))), suite)
            for name, version in found.items()
            if _SOURCE_PACKAGE.fullmatch(name)
        ]
        chosen = choose_source(offers)
        if chosen is not None and _series(chosen.version) == PINNED_SERIES:
            return chosen
    chosen = choose_source(offers)
    if chosen is None:
        oldest = ".".join(map(str, OLDEST_SERIES))
        names = ", ".join(offer.name for offer in offers) or "none"
        lines = "".join(f"\n{cause}" for cause in causes)
        raise ComponentError(f"the archive has no kernel source of Linux {oldest} or newer (found: {names}).{lines}")
    return chosen


def _key(version: str) -> str:
    return f"linux-um-v{version}-{architecture()}"


def _numbers(version: str) -> tuple[int, ...]:
    """The kernel's version out of a package's: ``7.2.12-1`` as ``(7, 2, 12)``."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def _series(version: str) -> Series | None:
    numbers = _numbers(version)
    return (numbers[0], numbers[1]) if len(numbers) > 1 else None
