"""The files beside Allure's results: what ran, where, and how verdicts are grouped.

The result files themselves come from the allure-pytest plugin. File formats: Allure Framework, "Test result directory"
(``environment.properties``, ``executor.json``, ``categories.json``).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reports.files import write_atomically
from reports.platforms import cluster_title, ordered

if TYPE_CHECKING:
    from pathlib import Path

    from reports.model import Results

#: Allure puts a result in every category that fits, so a skipped case is matched by how its message begins.
#: ``(?s)`` because Allure matches the whole message, which may have many lines.
CATEGORIES: tuple[dict[str, Any], ...] = (
    {"name": "Violation", "matchedStatuses": ["failed"]},
    {
        "name": "Known issue",
        "matchedStatuses": ["skipped", "failed", "broken"],
        "messageRegex": r"(?is).*known[ -]issue:.*",
    },
    {"name": "Broken environment", "matchedStatuses": ["broken"]},
    {
        "name": "Not applicable",
        "matchedStatuses": ["skipped"],
        "messageRegex": r"(?is)(?!.*known[ -]issue:).*",
    },
)


def write_allure(results: Results, directory: Path) -> None:
    """Writes ``environment.properties``, ``executor.json`` and ``categories.json`` into Allure's results folder.

    Raises:
        OSError: The folder can't be written.
    """
    write_atomically(directory / "environment.properties", environment_properties(results))
    write_atomically(directory / "executor.json", json.dumps(_executor(results), indent=2) + "\n")
    write_atomically(directory / "categories.json", json.dumps(CATEGORIES, indent=2) + "\n")


def environment_properties(results: Results) -> str:
    """Returns the run's and the clusters' facts in Java's properties format, one a line."""
    facts = {"suite": results.run.suite_version, "command": results.run.command}
    facts |= {f"host.{name}": str(value) for name, value in results.run.host.items()}
    for cluster in ordered(results.clusters):
        facts[f"{cluster.name}.kubernetes"] = cluster.kube_version
        facts[f"{cluster.name}.provider"] = cluster.provider
        facts[f"{cluster.name}.node"] = cluster.node or "unknown"
        facts[f"{cluster.name}.cgroup"] = cluster.cgroup_version or "unknown"
        facts |= {f"{cluster.name}.{name}": version for name, version in cluster.components.items()}
    return "".join(f"{_escaped(name, key=True)}={_escaped(value)}\n" for name, value in facts.items())


def _escaped(text: str, *, key: bool = False) -> str:
    r"""Escapes as java.util.Properties.load reads it: ``\`` and line ends, in a key also what would end it."""
    text = text.replace("\\", "\\\\").replace("\r", "").replace("\n", "\\n")
    if key:
        for character in " =:#!":
            text = text.replace(character, f"\\{character}")
    return text


def _executor(results: Results) -> dict[str, Any]:
    versions = "; ".join(cluster_title(cluster) for cluster in ordered(results.clusters))
    return {
        "name": "resize-conformance",
        "type": "local",
        "buildName": results.run.id,
        "reportName": f"In-place pod resize: {versions}" if versions else "In-place pod resize",
    }
