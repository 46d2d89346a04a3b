"""Distribution packages as an ordinary user: downloaded and unpacked into the cache, never installed.

apt runs with lists and archives of its own. Addresses and keys are those of the host's apt sources: this repository
names no package registry, and a host behind a mirror stays there.
"""

from __future__ import annotations

import email
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.apt_sources import archive_sources, host_release, read_sources
from clusters.components.errors import ComponentError, last_lines
from clusters.components.pins import architecture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters.components.cache import ComponentCache
    from clusters.progress import Progress

#: Every Debian system has these. A second C library in the library path would even break the host's programs.
_ALWAYS_THERE = frozenset({"debconf", "dpkg", "libc6", "perl-base", "tar"})

#: Lists younger than this are not fetched again, unless a package they name is gone from the mirror.
_LISTS_VALID_S = 24 * 3600

_TAIL_LINES = 8

_TO_INSTALL = re.compile(r"^Inst (?P<name>\S+) (?:\[\S+\] )?\((?P<version>\S+) ", re.MULTILINE)

# Dir::Etc stays the host's, for its keys, proxies and logins. "root" as the sandbox user means: stay who you are.
# sources.list(5) and apt.conf(5) have the meaning of each line.
_CONFIGURATION = """\
Dir::Etc::sourcelist "{directory}/archive.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "{directory}/state";
Dir::State::status "{directory}/state/status";
Dir::Cache "{directory}/cache";
Dir::Log "{directory}";
APT::Sandbox::User "root";
APT::Architectures {{ "{arch}"; }};
APT::Get::AllowUnauthenticated "false";
APT::Update::Error-Mode "any";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::Retries "1";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""


class PrivateApt:
    """apt below the cache directory, for one suite.

    Args:
        cache: Holds it, and its log.
        progress: Where long steps are told.
        suite: Such as ``testing``; None for the host's own release.
    """

    def __init__(self, cache: ComponentCache, progress: Progress, suite: str | None = None) -> None:
        self._cache = cache
        self._progress = progress
        self._suite = suite

    def search(self, pattern: str) -> dict[str, str]:
        """Versions by name of the suite's packages whose names match an extended regular expression.

        Raises:
            ComponentError: There is no apt, or the suite's lists can't be had.
        """
        self._prepare()
        lines = self._run("apt-cache", "search", "--names-only", pattern).splitlines()
        names = [line.split(" ", 1)[0] for line in lines]
        shown = self._run("apt-cache", "show", "--no-all-versions", *names) if names else ""
        found = [email.message_from_string(paragraph) for paragraph in shown.strip().split("\n\n") if paragraph]
        return {fields["Package"]: fields["Version"] for fields in found}

    def download(self, names: Sequence[str], directory: Path, *, whole: bool = False) -> None:
        """Put packages into a directory, as files NAME_VERSION_ARCH.deb.

        Those of the host's own release come with the packages that they depend on, so that their programs run here.
        Those of another suite do so only if they are wanted whole, and then with its C library too.

        Raises:
            ComponentError: There is no apt, or a package can't be had.
        """
        where = self._suite or "this release"
        with self._progress.step(f"downloading the packages {', '.join(names)} of {where}"):
            self._prepare()
            try:
                self._run("apt-get", "download", *self._closure(names, whole=whole), directory=directory)
            except ComponentError:
                # Mirrors drop a version when its successor is there: lists of an hour ago may be too old.
                self._prepare(valid_s=0)
                self._run("apt-get", "download", *self._closure(names, whole=whole), directory=directory)

    def _closure(self, names: Sequence[str], *, whole: bool) -> list[str]:
        if self._suite is not None and not whole:
            return list(names)
        planned = self._run("apt-get", "install", "--simulate", "--no-install-recommends", *names)
        versions = {match["name"]: match["version"] for match in _TO_INSTALL.finditer(planned)}
        left_out = _ALWAYS_THERE - ({"libc6"} if self._suite is not None else set())
        return [f"{name}={version}" for name, version in versions.items() if name not in left_out]

    @property
    def _directory(self) -> Path:
        return self._cache.directory / "apt" / (self._suite or host_release())

    def _prepare(self, valid_s: float = _LISTS_VALID_S) -> None:
        """Write apt's configuration and fetch the lists where they are missing or old."""
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            raise ComponentError("there is no apt-get and dpkg-deb on this machine to download packages with")
        sources = archive_sources(read_sources(), host_release(), self._suite)
        directory, fetched = self._directory, self._directory / "fetched"
        with self._cache.lock(f"apt-{directory.name}"):
            for name in ("state/lists/partial", "cache/archives/partial"):
                (directory / name).mkdir(parents=True, exist_ok=True)
            # An empty status file: what the host has installed has no say in what is downloaded.
            (directory / "state/status").touch()
            configuration = _CONFIGURATION.format(directory=directory, arch=architecture())
            (directory / "apt.conf").write_text(configuration, encoding="utf-8")
            text = "\n".join(source.paragraph() for source in sources)
            # Other addresses than last time have other lists.
            same = fetched.exists() and fetched.read_text(encoding="utf-8") == text
            if not same or time.time() - fetched.stat().st_mtime > valid_s:
                (directory / "archive.sources").write_text(text, encoding="utf-8")
                with self._progress.step(f"fetching the package lists of {directory.name}"):
                    self._run("apt-get", "update")
                fetched.write_text(text, encoding="utf-8")

    def _run(self, tool: str, *arguments: str, directory: Path | None = None) -> str:
        command = [tool, "-c", str(self._directory / "apt.conf"), "-q", *arguments]
        done = subprocess.run(
            command,
            cwd=directory or self._directory,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            tail = last_lines(done.stderr or done.stdout, _TAIL_LINES)
            raise ComponentError(
                f"`{tool} {' '.join(arguments)}` with the sources of {self._directory} failed:\n{tail}"
            )
        return done.stdout


def unpacked(
    cache: ComponentCache, progress: Progress, names: Sequence[str], suite: str | None = None, *, whole: bool = False
) -> Path:
    """The root of a tree that holds packages' files; downloaded once, then no network is needed.

    Args:
        cache: Keeps the packages as an entry, and the tree.
        progress: Where long steps are told.
        names: Package names; with ``suite`` None those that they depend on come too.
        suite: See :class:`PrivateApt`.
        whole: Whether those of another suite come with all that they depend on.

    Raises:
        ComponentError: There is no apt, or a package can't be had.
    """
    label = "+".join(names)
    if len(label) > 80:
        label = f"{names[0]}-and-others-{hashlib.sha256(label.encode()).hexdigest()[:12]}"
    key = f"packages-{suite or host_release()}-{label}-{architecture()}"

    def fill(content: Path) -> str:
        PrivateApt(cache, progress, suite).download(names, content, whole=whole)
        return "release"

    try:
        entry, _ = cache.get(key, "", fill)
    except ComponentError as error:
        raise ComponentError(f"the packages {' '.join(names)} could not be downloaded: {error}") from error
    archives = sorted(entry.directory.glob("*.deb"))
    # File names carry versions: packages that were downloaded anew make another tree.
    fingerprint = hashlib.sha256("\n".join(path.name for path in archives).encode()).hexdigest()[:12]
    tree = cache.directory / "unpacked" / f"{key}-{fingerprint}"
    if not tree.exists():
        with cache.lock(f"unpacked-{key}"):
            if not tree.exists():
                tree.parent.mkdir(exist_ok=True)
                # Nobody else unpacks these while we hold their lock: what is left here is from a killed process.
                for stale in tree.parent.glob(f".work-{key}-*"):
                    shutil.rmtree(stale, ignore_errors=True)
                with tempfile.TemporaryDirectory(dir=tree.parent, prefix=f".work-{key}-") as work:
                    for archive in archives:
                        unpack(archive, Path(work) / "root")
                    (Path(work) / "root").rename(tree)
    return tree


def unpack(archive: Path, directory: Path) -> None:
    """Put a package's files below a directory.

    Raises:
        ComponentError: The package is damaged, or there is no space left.
    """
    done = subprocess.run(["dpkg-deb", "-x", archive, directory], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ComponentError(f"{archive} could not be unpacked below {directory}: {done.stderr.strip()}")


def tree_environment(root: Path) -> dict[str, str]:
    """Variables with which the programs of an unpacked tree are found first, and find their own libraries."""
    programs = [root / "usr/bin", root / "bin"]
    libraries = [path for pattern in ("usr/lib/*-linux-gnu", "lib/*-linux-gnu") for path in sorted(root.glob(pattern))]
    return {
        "PATH": os.pathsep.join([*map(str, programs), os.environ.get("PATH", os.defpath)]),
        "LD_LIBRARY_PATH": os.pathsep.join([*map(str, libraries), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]),
    }


def find_program(name: str, package: str, cache: ComponentCache, progress: Progress) -> Path:
    """A program from PATH, or else out of its package.

    Raises:
        ComponentError: It is not installed and its package can't be had; the message says how to install it.
    """
    found = shutil.which(name)
    if found is not None:
        return Path(found)
    try:
        root = unpacked(cache, progress, [package])
        return next(path for part in ("usr/bin", "bin", "usr/sbin", "sbin") if (path := root / part / name).exists())
    except (ComponentError, StopIteration) as error:
        cause = error if isinstance(error, ComponentError) else f"the package {package} holds no {name}"
        raise ComponentError(
            f"the command {name} was not found. On Debian or Ubuntu: apt-get install {package}; elsewhere, the package "
            f"that has it. Getting it without installing it failed: {cause}"
        ) from error
