"""One cluster for the good cases; a state folder of its own, so that whatever is in it is the contract's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from clusters.api import KubeApi
from clusters.progress import Progress
from fixtures.hooks import OPTIONS
from selftests.contract.asked import Asked
from selftests.leaks.cluster import own_state
from selftests.leaks.owner import POD_NAME, PODS, start_pod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters.api import Json
    from clusters.contract import ClusterRecord, Node, Provider


@pytest.fixture(scope="session")
def asked(request: pytest.FixtureRequest) -> Asked:
    """The provider that ``--cluster`` names, and what is asked of it."""
    return Asked.by(request.config.stash[OPTIONS])


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    """The folder of all clusters of these tests."""
    with own_state() as folder:
        yield folder


@pytest.fixture
def name() -> str:
    """A cluster's name that nobody has."""
    return f"contract-{uuid4().hex[:8]}"


@dataclass(frozen=True, slots=True)
class Up:
    """A cluster that is up."""

    provider: Provider
    record: ClusterRecord
    asked: Asked
    pod: Json

    @property
    def api(self) -> KubeApi:
        """Its API."""
        return KubeApi(self.record.kubeconfig)

    @property
    def node(self) -> Node:
        """The node that the pod is on."""
        nodes = {node.name: node for node in self.provider.nodes(self.record)}
        return nodes[self.pod["spec"]["nodeName"]]


@pytest.fixture(scope="module")
def up(asked: Asked, state: Path) -> Iterator[Up]:
    """A cluster with a pod on its last node."""
    provider = asked.provider()
    record = provider.create(asked.request(f"contract-{uuid4().hex[:8]}", state / "logs" / "up"), Progress())
    try:
        last = provider.nodes(record)[-1].name
        yield Up(provider, record, asked, start_pod(record, node_name=last))
        # A cluster that was there before does not go, and the pod with it.
        KubeApi(record.kubeconfig).delete(f"{PODS}/{POD_NAME}", grace_period_s=0)
    finally:
        provider.destroy(record)
