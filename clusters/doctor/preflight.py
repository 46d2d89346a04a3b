"""Before a run: what it needs, and nothing else, before any cluster starts and before minutes of building."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clusters.components.cache import ComponentCache, default_cache_directory
from clusters.contract import ClusterError
from clusters.docker.requirements import requirements
from clusters.doctor.findings import TITLES, look
from clusters.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from clusters.doctor.findings import Kind
    from clusters.requirement import Requirement
    from clusters.variants import Platform


def preflight(
    platforms: Iterable[Platform],
    *,
    components_dir: Path | None = None,
    chosen_here: bool = False,
    without: Sequence[str] = (),
) -> None:
    """Make sure that a run's clusters can come up here.

    Args:
        platforms: The run's.
        components_dir: See :func:`clusters.doctor.findings.look`.
        chosen_here: Whether nobody asked for these platforms, so that it matters why the other kind was passed over.
        without: Names of what all clusters take that this run's don't.

    Raises:
        ClusterError: They can't; the message has every reason, each with what to do about it.
    """
    wanted = list(dict.fromkeys(platform.node for platform in platforms))
    findings = look(wanted, components_dir)
    findings = replace(findings, shared=[found for found in findings.shared if found.name not in without])
    if len(findings.working) == len(findings.kinds):
        return
    kinds = list(findings.kinds)
    if chosen_here and any(requirement.blocks for kind in kinds for requirement in kind.requirements):
        kinds += look([node for node in TITLES if node not in wanted], components_dir).kinds
    parts = [_part(f"{kind.title}:", kind.requirements) for kind in kinds if _blocks(kind.requirements)]
    if shared := _blocks(findings.shared):
        parts.append(_part("any cluster here:", shared))
    reasons = "\n".join(parts)
    raise ClusterError(f"no cluster was started, as this machine lacks what the run needs.\n{reasons}\n{_hint(kinds)}")


def docker_preflight(provider: str, *, components_dir: Path | None = None) -> None:
    """Make sure that clusters of containers can come up here.

    Raises:
        ClusterError: They can't; the message has every reason, each with what to do about it.
    """
    found = requirements(provider, ComponentCache(default_cache_directory(), Progress()), components_dir)
    if blocking := _blocks(found):
        reasons = _part(f"{provider}:", blocking)
        raise ClusterError(f"no cluster was started, as this machine lacks what the run needs.\n{reasons}")


def _blocks(requirements: Iterable[Requirement]) -> list[Requirement]:
    return [requirement for requirement in requirements if requirement.blocks]


def _part(title: str, requirements: Iterable[Requirement]) -> str:
    lines = [f"  - {requirement.name}: {requirement.sentence}" for requirement in _blocks(requirements)]
    return "\n".join([title, *lines])


def _hint(kinds: list[Kind]) -> str:
    hint = "`make doctor` shows all that was looked at"
    if [kind.node for kind in kinds] == ["host"]:
        hint += ", and whether --node uml can run here, which needs no root"
    return f"{hint}."
