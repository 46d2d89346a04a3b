"""Fixtures of the leak tests: a state folder of their own, owners that end with the test, an unchanged host."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import pytest

from clusters.local import host
from clusters.local.removal import remove
from clusters.local.state import folders
from selftests.leaks.owners import Owner
from selftests.leaks.traces import host_state

if TYPE_CHECKING:
    from collections.abc import Iterator


#: On a disk by custom (FHS 3.0, 5.15), where /tmp may be memory, on which no overlay can lie.
DISK = Path("/var") / "tmp"


class StartOwner(Protocol):
    """Starts an owner, whose cluster gets a name of its own unless told one."""

    def __call__(
        self,
        version: str = ...,
        *,
        name: str | None = ...,
        kubelet_configuration: dict[str, object] | None = ...,
    ) -> Owner:
        """The owner, just started."""
        ...


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for clusters."""
    if problems := host.problems():
        pytest.skip("; ".join(problems))
    folder = Path(tempfile.mkdtemp(prefix="resize-leaks-", dir=DISK))
    monkeypatch.setenv("RESIZE_CONFORMANCE_STATE", str(folder))
    yield folder
    for cluster in folders():
        remove(cluster)
    shutil.rmtree(folder)


@pytest.fixture
def owner(state: Path) -> Iterator[StartOwner]:
    """Starts owners; none outlives the test."""
    owners: list[Owner] = []

    def start(
        version: str = "1.37.2",
        *,
        name: str | None = None,
        kubelet_configuration: dict[str, object] | None = None,
    ) -> Owner:
        name = name or f"leak-{uuid4().hex[:8]}"
        owners.append(Owner(state, name, version, kubelet_configuration=kubelet_configuration))
        return owners[-1]

    yield start
    for started in owners:
        started.close()


@pytest.fixture
def unchanged_host() -> Iterator[None]:
    """Compares the host before and after the test."""
    before = host_state()
    yield
    assert host_state() == before
