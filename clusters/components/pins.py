"""The pinned versions: typed access to ``pinned.toml``."""

from __future__ import annotations

import platform
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters.components.errors import ComponentError
from clusters.versions import KubeVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

PINNED_FILE = Path(__file__).with_name("pinned.toml")

#: Go's names of the processors that every pinned release is published for, by what uname calls them.
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Release:
    """Where upstream publishes binaries.

    Attributes:
        url: The file, with placeholders.
        checksum_url: The file that holds its SHA-256, with placeholders.
        member: The path of a component inside the archive; None where the file is the binary itself.
    """

    url: str
    checksum_url: str
    member: str | None = None


@dataclass(frozen=True, slots=True)
class GoBuild:
    """How Go builds a project's components.

    Attributes:
        template: A directory below ``go/`` with our own main package, built into one multi-call binary named after the
            project; None where upstream's packages are built as they are.
        package: Import path of a component's main package, with placeholders.
        packages: Import paths that differ from ``package``, by component.
        ldflags: Linker flags, with placeholders, next to ``-s -w``.
        tags: Build tags.
        ldflags_to_minor: Linker flags that hold up to a Kubernetes minor, with placeholders.
        tags_from_minor: Build tags that hold from a Kubernetes minor on.
        cgo: Whether a C compiler takes part.
        pkg_config: The C libraries it needs, as pkg-config names them.
        disk_gib: How many GiB a build writes at most: downloaded modules, objects, and what it links.
    """

    template: str | None = None
    package: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    ldflags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    ldflags_to_minor: Mapping[str, int] = field(default_factory=dict)
    tags_from_minor: Mapping[str, int] = field(default_factory=dict)
    cgo: bool = False
    pkg_config: tuple[str, ...] = ()
    disk_gib: int = 2

    @property
    def disk_bytes(self) -> int:
        """The same in bytes."""
        return self.disk_gib << 30


@dataclass(frozen=True, slots=True)
class Project:
    """One upstream project at one version.

    Attributes:
        name: Such as ``containerd``.
        version: Without the leading v.
        components: The binaries it yields, by their usual names.
        module: The Go module that holds them.
        module_sum: The module's h1 hash as in go.sum; None where it is not pinned (Go's checksum database remains).
        build: How Go builds them.
        release: Where the binaries are published; None where no checksum is published with them.
        provider: The provider that alone takes it; empty where it is part of local clusters.
    """

    name: str
    version: str
    components: tuple[str, ...]
    module: str
    module_sum: str | None
    build: GoBuild
    release: Release | None
    provider: str = ""

    @property
    def title(self) -> str:
        """The project as progress lines and errors name it, such as ``containerd v2.4.2``."""
        return f"{self.name} v{self.version}"

    def fill(self, text: str, *, component: str = "", arch: str | None = None) -> str:
        """A string of ``pinned.toml`` with its placeholders replaced."""
        minor = self.version.split(".")[1]
        return text.format(
            version=self.version, minor=minor, component=component, arch=arch or architecture(), module=self.module
        )


@dataclass(frozen=True, slots=True)
class Pins:
    """All of ``pinned.toml``.

    Attributes:
        fixed: Every project but Kubernetes.
        others: Further versions of them, which only those get who ask for them.
        kube_patches: The newest patch known by Kubernetes minor: ``{"1.37": "1.37.2"}``.
        kubernetes: The table ``[project.kubernetes]``, which becomes a project with a version.
    """

    fixed: tuple[Project, ...]
    others: tuple[Project, ...]
    kube_patches: Mapping[str, str]
    kubernetes: Mapping[str, Any]

    @property
    def component_names(self) -> tuple[str, ...]:
        """Every component by its usual name."""
        return (*self.kubernetes["components"], *(name for project in self.fixed for name in project.components))

    def projects(self, kube_version: KubeVersion, versions: Mapping[str, str] | None = None) -> tuple[Project, ...]:
        """Every project for a cluster of a Kubernetes version.

        Args:
            kube_version: A minor stands for its pinned patch.
            versions: Versions other than the usual ones, by project.

        Raises:
            ComponentError: No patch of the minor is pinned, or a project not at that version.
        """
        asked = versions or {}
        fixed = (self.at(project.name, asked.get(project.name, project.version)) for project in self.fixed)
        return (self._kubernetes(resolve_version(kube_version, self)), *fixed)

    def at(self, name: str, version: str) -> Project:
        """A project at a version that is pinned: 1.6.8 as it is, and 1.6 as the newest of that series.

        Raises:
            ComponentError: It is not pinned at such a version; the message lists those that are.
        """
        pinned = [project for project in (*self.fixed, *self.others) if project.name == name]
        found = [project for project in pinned if f"{project.version}.".startswith(f"{version.removeprefix('v')}.")]
        if not found:
            known = ", ".join(sorted((project.version for project in pinned), key=_numbers))
            raise ComponentError(f"{name} {version} is not pinned (known: {known}); add it to {PINNED_FILE.name}")
        return max(found, key=lambda project: _numbers(project.version))

    def _kubernetes(self, version: KubeVersion) -> Project:
        table = dict(self.kubernetes)
        return _project("kubernetes", table | {"version": str(version), "sum": table["sums"].get(str(version))})


@cache
def load_pins(path: Path = PINNED_FILE) -> Pins:
    """Read the pinned versions; the file is read once per process."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    kubernetes = tables.pop("kubernetes")
    fixed = tuple(_project(name, table) for name, table in tables.items())
    others = tuple(
        _project(name, _other(table, group, version))
        for name, table in tables.items()
        for group in table.get("others", ())
        for version in group["sums"]
    )
    return Pins(fixed=fixed, others=others, kube_patches=kubernetes["versions"], kubernetes=kubernetes)


def resolve_version(version: KubeVersion, pins: Pins | None = None) -> KubeVersion:
    """The full version that a version stands for: 1.37 becomes the pinned patch, 1.37.0 stays as it is.

    Raises:
        ComponentError: The minor has no pinned patch; the message lists those that have one.
    """
    if version.patch is not None:
        return version
    patches = (pins or load_pins()).kube_patches
    if version.minor_text not in patches:
        raise ComponentError(
            f"no patch release of Kubernetes {version} is pinned (known: {', '.join(patches)}). "
            f"Write the full version, such as {version}.0, or add {version} to {PINNED_FILE.name}."
        )
    return KubeVersion.parse(patches[version.minor_text])


def architecture(machine: str | None = None) -> str:
    """This machine's processor as Go and the release pages name it.

    Raises:
        ComponentError: No pinned project publishes for it.
    """
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        known = ", ".join(sorted(set(_ARCHITECTURES.values())))
        raise ComponentError(f"no components are published for the processor {machine}; use one of {known}")
    return _ARCHITECTURES[machine]


def _other(table: Mapping[str, Any], group: Mapping[str, Any], version: str) -> dict[str, Any]:
    """A project's table with what a group of its other versions says instead."""
    merged = {**table, **group, "version": version, "sum": group["sums"][version]}
    merged["build"] = {**table["build"], **group.get("build", {})}
    return merged


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _project(name: str, table: Mapping[str, Any]) -> Project:
    build = dict(table["build"])
    release = table.get("release") if table.get("released", True) else None
    for key in ("ldflags", "tags", "pkg_config"):
        build[key] = tuple(build.get(key, ()))
    return Project(
        name=name,
        version=table["version"],
        components=tuple(table["components"]),
        module=table["module"],
        module_sum=table.get("sum"),
        build=GoBuild(**build),
        release=None if release is None else Release(**release),
        provider=table.get("provider", ""),
    )
