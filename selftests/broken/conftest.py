"""Fixtures of the tests on broken clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from clusters.components.pins import resolve_version
from clusters.local import host
from clusters.versions import KubeVersion
from selftests.broken.findings import Findings, run_suite
from selftests.broken.wrappers import write_wrapper

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class RunWith(Protocol):
    """Runs cases on a cluster, one component of which is a script (see :mod:`selftests.broken.wrappers`)."""

    def __call__(self, component: str, script: str, cases: Iterable[str], *, version: str = ...) -> Findings:
        """What the run found, once it is over and its cluster gone."""
        ...


@pytest.fixture
def run_with(tmp_path: Path) -> RunWith:
    """Runs the suite's cases with one component replaced."""
    if problems := host.problems():
        pytest.skip("; ".join(problems))
    components_dir = tmp_path / "components"
    components_dir.mkdir()

    def run(component: str, script: str, cases: Iterable[str], *, version: str = "1.37") -> Findings:
        write_wrapper(components_dir, component, resolve_version(KubeVersion.parse(version)), script)
        return run_suite(cases, version=version, components_dir=components_dir, results_dir=tmp_path / "results")

    return run
