"""A node made of a dictionary of files, for tests that read cgroups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusters.contract import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class NodeOfFiles:
    """Satisfies :class:`clusters.contract.Node`; ``failures`` maps a path to the error that reading it raises."""

    def __init__(self, files: dict[str, str], failures: Mapping[str, OSError] | None = None) -> None:
        self.name = "node-of-files"
        self.files = files
        self.failures = failures or {}
        self.read_paths: list[str] = []

    def read_text(self, path: str) -> str:
        self.read_paths.append(path)
        if path in self.failures:
            raise self.failures[path]
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def run(self, arguments: Sequence[str], *, timeout_s: float = 30.0) -> str:
        raise ClusterError(f"{self.name} runs no commands: {arguments}")
