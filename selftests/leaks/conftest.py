"""Fixtures of the leak tests: a state folder of their own, owners that end with the test, an unchanged host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import pytest

from clusters.local import host
from clusters.uml import requirements
from selftests.leaks.cluster import own_state
from selftests.leaks.owners import Owner
from selftests.leaks.traces import host_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


@pytest.fixture(scope="module", params=["host", "uml"])
def node(request: pytest.FixtureRequest) -> str:
    """The kind of node; a test that is the same code for both kinds is told one of them."""
    kind = str(request.param)
    if problems := host.problems() if kind == "host" else requirements.problems():
        pytest.skip("; ".join(problems))
    return kind


@pytest.fixture
def state() -> Iterator[Path]:
    """An empty folder for clusters."""
    with own_state() as folder:
        yield folder


@pytest.fixture
def owner(state: Path, node: str) -> Iterator[StartOwner]:
    """Starts owners; none outlives the test."""
    owners: list[Owner] = []

    def start(
        version: str = "1.37.2",
        *,
        name: str | None = None,
        kubelet_configuration: dict[str, object] | None = None,
    ) -> Owner:
        name = name or f"leak-{uuid4().hex[:8]}"
        owners.append(Owner(state, name, version, node=node, kubelet_configuration=kubelet_configuration))
        return owners[-1]

    yield start
    for started in owners:
        started.close()


@pytest.fixture
def unchanged_host() -> Iterator[dict[str, object]]:
    """What the host was like before the test, and is like after it."""
    before = host_state()
    yield before
    assert host_state() == before
