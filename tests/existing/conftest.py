from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusters.api import KubeApi
from tests.existing.fake_cluster import FakeCluster, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def fake() -> Iterator[FakeCluster]:
    with served() as cluster:
        yield cluster


@pytest.fixture
def kubeconfig(fake: FakeCluster, tmp_path: Path) -> Path:
    return fake.kubeconfig(tmp_path)


@pytest.fixture
def api(kubeconfig: Path) -> KubeApi:
    return KubeApi(kubeconfig)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESIZE_CONFORMANCE_STATE", str(tmp_path / "state"))
    return tmp_path / "state"
