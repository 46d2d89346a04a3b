"""A node made of a dictionary of files, for tests that read cgroups."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from clusters.contract import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class NodeOfFiles:
    """Satisfies :class:`clusters.contract.Node`; ``failures`` maps a path to the error that reading it raises."""

    def __init__(self, files: dict[str, str], failures: Mapping[str, OSError] | None = None) -> None:
        self.name = "node-of-files"
        self.sampling_s = 0.01
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

    def read_texts(self, paths: Sequence[str]) -> list[str | None]:
        return [self._text_or_none(path) for path in paths]

    def _text_or_none(self, path: str) -> str | None:
        try:
            return self.read_text(path)
        except OSError as error:
            # As a node does: a cgroup that goes while its file is open reads as "no such device".
            if error.errno not in {None, errno.ENOENT, errno.ENODEV}:
                raise
            return None

    def run(self, arguments: Sequence[str], *, timeout_s: float = 30.0) -> str:
        raise ClusterError(f"{self.name} runs no commands: {arguments}")
