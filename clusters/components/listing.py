"""The text of ``--list-components``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusters.components.cache import ComponentCache, default_cache_directory
from clusters.components.gobuild import recipe
from clusters.components.pins import architecture, load_pins
from clusters.components.resolver import entry_key
from clusters.progress import Progress
from clusters.versions import KubeVersion

if TYPE_CHECKING:
    from pathlib import Path

    from clusters.components.pins import Project


def list_components(cache_dir: Path | None = None) -> str:
    """Every pinned version with its components, module, hash and release, and what the cache holds of it.

    Args:
        cache_dir: The cache; by default :func:`~clusters.components.cache.default_cache_directory`.
    """
    pins = load_pins()
    cache = ComponentCache(cache_dir or default_cache_directory(), Progress())
    kubernetes = [pins.projects(KubeVersion.parse(version))[0] for version in pins.kube_patches.values()]
    paragraphs = [_describe(project, cache) for project in (*kubernetes, *pins.fixed, *pins.others)]
    return "\n".join([*paragraphs, f"processor: {architecture()}", f"cache: {cache.directory}"])


def _describe(project: Project, cache: ComponentCache) -> str:
    entry = cache.lookup(entry_key(project), recipe(project))
    held = "not in the cache" if entry is None else f"in the cache from a {entry.source}"
    release = "none with a checksum" if project.release is None else project.fill(project.release.url, component="NAME")
    return "\n".join(
        [
            f"{project.title} ({held})",
            f"  components: {', '.join(project.components)}",
            f"  module:     {project.module}@v{project.version}",
            f"  hash:       {project.module_sum or 'not pinned, Go checks its checksum database'}",
            f"  release:    {release}",
        ]
    )
