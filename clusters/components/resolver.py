"""One way to every component binary: a named directory, the cache, a release download, a Go build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from clusters.components.cache import ComponentCache, default_cache_directory
from clusters.components.directory import check_directory, find_in_directory, printed_version
from clusters.components.errors import ComponentError
from clusters.components.gobuild import GoBuilder, recipe
from clusters.components.pins import architecture, load_pins
from clusters.components.release import ReleaseClient, ReleaseUnavailableError
from clusters.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from clusters.components.pins import Project
    from clusters.versions import KubeVersion

Source = Literal["directory", "cache", "release", "build"]


@dataclass(frozen=True, slots=True)
class Component:
    """A binary that is ready to be run.

    Attributes:
        name: Its usual name, which is also the file's name: a multi-call binary acts on it.
        path: An absolute path.
        version: Without the leading v.
        source: Where it came from this time.
    """

    name: str
    path: Path
    version: str
    source: Source


class ComponentResolver:
    """Finds or makes component binaries.

    Args:
        cache_dir: The cache; by default :func:`~clusters.components.cache.default_cache_directory`.
        components_dir: A directory whose binaries come before everything else; any subset will do.
        mirror: Stands in for the release hosts, see :class:`~clusters.components.release.ReleaseClient`.
        progress: Where long steps are told.
        spare_disk: Whether builds leave nothing behind but the components.

    Raises:
        ComponentError: ``components_dir`` does not exist or holds no component.
    """

    def __init__(
        self,
        *,
        cache_dir: Path | None = None,
        components_dir: Path | None = None,
        mirror: str | None = None,
        progress: Progress | None = None,
        spare_disk: bool = False,
    ) -> None:
        self._progress = progress or Progress()
        self._pins = load_pins()
        self.components_dir = components_dir
        self.cache = ComponentCache((cache_dir or default_cache_directory()).absolute(), self._progress)
        self._releases = ReleaseClient(mirror, self._progress)
        self._builder = GoBuilder(self.cache.directory / "logs", self._progress, self.cache, spare_disk=spare_disk)
        if components_dir is not None:
            check_directory(components_dir, (*self._pins.component_names, "linux"))

    def of_version(self, kube_version: KubeVersion) -> Project:
        """Kubernetes itself at a version: the one project that no other version shares."""
        return self._pins.projects(kube_version)[0]

    def lacking(self, kube_version: KubeVersion) -> list[Project]:
        """What a local cluster's usual components still have to be downloaded or built for."""
        return [
            project
            for project in self._pins.projects(kube_version)
            if not project.provider
            and any(
                self.components_dir is None or find_in_directory(self.components_dir, name) is None
                for name in project.components
            )
            and self.cache.lookup(entry_key(project), recipe(project)) is None
        ]

    def get(self, kube_version: KubeVersion) -> None:
        """Have all of a local cluster's usual components in the cache.

        Raises:
            ComponentError: One can't be had in any way.
        """
        for project in self.lacking(kube_version):
            self._from_cache(project, project.components)

    def resolve(
        self, kube_version: KubeVersion, names: Iterable[str], versions: Mapping[str, str] | None = None
    ) -> dict[str, Component]:
        """Get components of a cluster.

        Args:
            kube_version: A minor stands for its pinned patch.
            names: The components by their usual names, such as ``kubelet`` or ``runc``.
            versions: Versions other than the usual ones, by project, such as ``{"containerd": "1.6.8"}``.

        Returns:
            The components by name.

        Raises:
            ComponentError: A name or version is unknown, or a component can't be had in any way.
        """
        wanted = list(names)
        resolved = {}
        for project in self._pins.projects(kube_version, versions):
            missing = []
            for name in (name for name in wanted if name in project.components):
                path = None if self.components_dir is None else find_in_directory(self.components_dir, name)
                if path is None:
                    missing.append(name)
                else:
                    resolved[name] = Component(name, path, printed_version(path), "directory")
            if missing:
                resolved |= self._from_cache(project, missing)
        unknown = [name for name in wanted if name not in resolved]
        if unknown:
            raise ComponentError(
                f"no component is called {', '.join(unknown)}; known: {', '.join(self._pins.component_names)}"
            )
        return {name: resolved[name] for name in wanted}

    def _from_cache(self, project: Project, names: Iterable[str]) -> dict[str, Component]:
        def fill(content: Path) -> str:
            return self._make(project, content)

        entry, was_there = self.cache.get(entry_key(project), recipe(project), fill)
        source: Source = "cache" if was_there else "build" if entry.source == "build" else "release"
        return {name: Component(name, entry.directory / name, project.version, source) for name in names}

    def _make(self, project: Project, content: Path) -> str:
        """Put a project's components into a directory; the source they came from."""
        work = content.parent
        unavailable = None
        if project.release is not None:
            try:
                self._releases.fetch(project, content, work / "download")
            except ReleaseUnavailableError as error:
                unavailable = error
                self._progress.say(f"{project.title}: no release download, building it with Go instead: {error}")
                for partial in content.iterdir():
                    partial.unlink()
            else:
                return "release"
        try:
            # Go uses every core by itself: two builds at once would only contend for memory.
            with self.cache.lock("go-build"):
                self._builder.build(project, content, work / "build")
        except ComponentError as error:
            if unavailable is None:
                raise
            raise ComponentError(f"{error}\nBefore that, its release could not be downloaded: {unavailable}") from error
        return "build"


def entry_key(project: Project) -> str:
    """The name of a project's cache entry; a home directory may be shared by machines with different processors."""
    return f"{project.name}-v{project.version}-{architecture()}"
