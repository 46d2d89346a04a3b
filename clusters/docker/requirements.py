"""What clusters of containers take of this machine, each with whether it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusters.components.directory import find_in_directory
from clusters.components.gobuild import recipe
from clusters.components.pins import load_pins
from clusters.components.resolver import entry_key
from clusters.docker.engine import Engine
from clusters.docker.tools import on_path
from clusters.requirement import Requirement

if TYPE_CHECKING:
    from pathlib import Path

    from clusters.components.cache import ComponentCache


def requirements(provider: str, cache: ComponentCache, components_dir: Path | None = None) -> list[Requirement]:
    """What a provider takes.

    Args:
        provider: ``kind`` or ``k3d``, which is its tool's name too.
        cache: May hold the tool.
        components_dir: May hold it, too.
    """
    return [Engine().requirement(), _tool(provider, cache, components_dir), _kubectl()]


def _tool(name: str, cache: ComponentCache, components_dir: Path | None) -> Requirement:
    found = on_path(name)
    if found is not None:
        return Requirement(name, ok=True, detail=f"{found.version} at {found.path}")
    (project,) = (project for project in load_pins().fixed if project.name == name)
    if components_dir is not None and find_in_directory(components_dir, name) is not None:
        return Requirement(name, ok=True, detail=f"in {components_dir}")
    if cache.lookup(entry_key(project), recipe(project)) is not None:
        return Requirement(name, ok=True, detail=f"{project.version}, in the cache")
    detail = f"not on PATH; the first run downloads {project.title} or builds it with Go"
    return Requirement(name, ok=False, detail=detail, needed=False)


def _kubectl() -> Requirement:
    found = on_path("kubectl")
    if found is not None:
        return Requirement("kubectl", ok=True, detail=f"{found.version} at {found.path}")
    return Requirement(
        "kubectl", ok=False, detail="not on PATH; the first run gets one of the cluster's version", needed=False
    )
