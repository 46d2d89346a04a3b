from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from clusters.contract import ClusterError
from clusters.existing import lease
from clusters.existing.lease import LEASES, NAME, RunLease

if TYPE_CHECKING:
    from collections.abc import Callable

    from clusters.api import KubeApi
    from tests.existing.fake_cluster import FakeCluster

PATH = f"{LEASES}/{NAME}"
LONG_AGO = "2026-01-01T00:00:00.000000Z"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renewals every 50 ms, so that waiting for one takes no time."""
    monkeypatch.setattr(lease, "RENEW_S", 0.05)
    monkeypatch.setattr(lease, "SKEW_S", 0.1)


def until(true: Callable[[], object], within_s: float = 5.0) -> None:
    deadline = time.monotonic() + within_s
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)


def test_the_second_run_is_told_whose_it_is_and_how_to_go_on(fake: FakeCluster, api: KubeApi) -> None:
    first = RunLease(api, "first")
    first.acquire()
    with pytest.raises(ClusterError) as caught:
        RunLease(api, "second").acquire()
    message = str(caught.value)
    assert "another run uses this cluster: first of " in message
    assert "since 20" in message
    assert "ends in 60 s; then a run, or `python -m clusters sweep`" in message
    first.remove()
    assert fake.paths("leases") == []
    RunLease(api, "second").acquire()


@pytest.mark.usefixtures("quick")
def test_a_lease_is_renewed(fake: FakeCluster, api: KubeApi) -> None:
    held = RunLease(api, "run")
    held.acquire()
    before = fake.objects[PATH]["spec"]["renewTime"]
    until(lambda: fake.objects[PATH]["spec"]["renewTime"] != before)
    assert fake.objects[PATH]["spec"]["renewTime"] > before
    assert held.lost == ""
    held.stop()


@pytest.mark.usefixtures("quick")
def test_a_dead_runs_lease_is_taken_over(fake: FakeCluster, api: KubeApi) -> None:
    dead = RunLease(api, "dead")
    dead.acquire()
    dead.stop()
    fake.objects[PATH]["spec"]["renewTime"] = LONG_AGO
    RunLease(api, "next").acquire()
    assert fake.objects[PATH]["spec"]["holderIdentity"].startswith("next of ")


@pytest.mark.usefixtures("quick")
def test_a_live_run_whose_clock_is_wrong_keeps_its_lease(
    fake: FakeCluster, api: KubeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "_now", lambda: LONG_AGO)
    live = RunLease(api, "live")
    live.acquire()
    with pytest.raises(ClusterError, match="another run uses this cluster: live"):
        RunLease(api, "next").acquire()
    live.stop()


@pytest.mark.usefixtures("quick")
def test_a_lease_that_was_taken_away_is_noticed_and_left_alone(fake: FakeCluster, api: KubeApi) -> None:
    held = RunLease(api, "run")
    held.acquire()
    fake.objects[PATH]["metadata"]["resourceVersion"] = "999"
    until(lambda: held.lost)
    assert "was taken away from this run" in held.lost
    held.remove()
    assert fake.paths("leases") == [PATH]


def test_a_lease_that_may_not_be_made(fake: FakeCluster, api: KubeApi) -> None:
    fake.refuse(LEASES)
    with pytest.raises(ClusterError, match="the Lease resize-conformance/run can't be made: HTTP 403"):
        RunLease(api, "run").acquire()
