"""Orders to a cluster's first process, over its control socket."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from clusters.contract import ClusterError
from clusters.local.state import ClusterFolder
from clusters.local.supervision import CONTROL_SOCKET, Control, obey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def obeyed(tmp_path: Path) -> Iterator[list[str]]:
    """Orders that a stand-in for init has carried out; it knows nothing of etcd."""
    seen: list[str] = []
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def carry_out(order: str, component: str) -> str:
        seen.append(f"{order} {component}")
        return f"no component {component} runs here" if component == "etcd" else ""

    async def serve() -> None:
        orders = {order: partial(carry_out, order) for order in ("stop", "start")}
        await asyncio.start_unix_server(partial(obey, orders), path=tmp_path / CONTROL_SOCKET)
        ready.set()

    loop.create_task(serve())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    ready.wait(5)
    yield seen
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


def test_orders_name_the_component(obeyed: list[str], tmp_path: Path) -> None:
    control = Control(ClusterFolder(tmp_path))
    control.stop("kubelet")
    control.start("kubelet")
    Control(ClusterFolder(tmp_path), lambda name: f"{name}-2").stop("kubelet")
    assert obeyed == ["stop kubelet", "start kubelet", "stop kubelet-2"]


def test_what_can_not_be_done_is_told(obeyed: list[str], tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"can't stop etcd: no component etcd runs here"):
        Control(ClusterFolder(tmp_path)).stop("etcd")
    assert obeyed == ["stop etcd"]


def test_cluster_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"can't be asked to stop kubelet"):
        Control(ClusterFolder(tmp_path)).stop("kubelet")
