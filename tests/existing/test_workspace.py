from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from clusters.__main__ import main
from clusters.contract import ClusterError
from clusters.existing import lease, workspace
from clusters.existing.lease import LEASES
from clusters.existing.ours import NAMESPACE, labels

if TYPE_CHECKING:
    from pathlib import Path

    from clusters.api import KubeApi
    from tests.existing.fake_cluster import FakeCluster

NAMESPACES = "/api/v1/namespaces"
OWN = f"{NAMESPACES}/{NAMESPACE}"
DAEMON_SETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets"


def add(fake: FakeCluster, path: str, run_id: str | None) -> None:
    """An object of a run's, or of somebody else's."""
    metadata: dict[str, Any] = {"name": path.rpartition("/")[2], "labels": labels(run_id) if run_id else {"a": "b"}}
    fake.objects[path] = {"metadata": metadata, "status": {"phase": "Active"}}


def test_the_runs_namespace_comes_and_goes(fake: FakeCluster, api: KubeApi) -> None:
    workspace.open_workspace(api, "run", privileged=True)
    made = fake.objects[OWN]["metadata"]["labels"]
    assert made == {**labels("run"), "pod-security.kubernetes.io/enforce": "privileged"}
    workspace.open_workspace(api, "next", privileged=False)
    assert fake.objects[OWN]["metadata"]["labels"]["resize-conformance/run"] == "next"
    assert workspace.close_workspace(api) is True
    assert fake.paths(NAMESPACE) == []
    assert workspace.close_workspace(api) is False


def test_somebody_elses_namespace_of_that_name_is_used_as_it_is(fake: FakeCluster, api: KubeApi) -> None:
    add(fake, OWN, None)
    workspace.open_workspace(api, "run", privileged=True)
    assert fake.objects[OWN]["metadata"]["labels"] == {"a": "b"}
    assert workspace.close_workspace(api) is False
    assert OWN in fake.objects


def test_a_namespace_that_is_going_is_waited_for(fake: FakeCluster, api: KubeApi) -> None:
    add(fake, OWN, "before")
    fake.objects[OWN]["status"]["phase"] = "Terminating"
    threading.Timer(0.3, lambda: fake.objects.pop(OWN)).start()
    workspace.open_workspace(api, "run", privileged=False)
    assert fake.objects[OWN]["metadata"]["labels"] == labels("run")
    add(fake, f"{NAMESPACES}/n", "run")
    with pytest.raises(ClusterError, match=r"namespace n was deleted 0 s ago and is still there: `kubectl get"):
        workspace.until_gone(api, ["n"], deadline_s=0.1)


def test_only_what_the_suite_made_is_swept(fake: FakeCluster, api: KubeApi) -> None:
    for path, run_id in (
        (OWN, "one"),
        (f"{NAMESPACES}/resize-1", "one"),
        (f"{NAMESPACES}/resize-2", "two"),
        (f"{NAMESPACES}/resize-theirs", None),
        (f"{DAEMON_SETS}/node-access-two", "two"),
    ):
        add(fake, path, run_id)
    assert workspace.sweep(api, run_id="one") == ["namespace resize-1"]
    going = workspace.sweep(api)
    assert going == ["namespace resize-2", "DaemonSet node-access-two"]
    assert workspace.namespaces_in(going) == ["resize-2"]
    assert fake.paths("namespaces") == [OWN, f"{NAMESPACES}/resize-theirs"]
    fake.refuse(DAEMON_SETS)
    assert workspace.sweep(api) == []


def test_the_command_sweeps_what_killed_runs_left(
    fake: FakeCluster, kubeconfig: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEW_S", 0.05)
    monkeypatch.setattr(lease, "SKEW_S", 0.05)
    command = ["sweep", "--kubeconfig", str(kubeconfig)]
    assert main(command) == 0
    assert capsys.readouterr().out == "no run left anything in the cluster\n"
    # Nothing was made to find that out.
    assert not [method for method, _ in fake.asked if method != "GET"]
    for path in (OWN, f"{NAMESPACES}/resize-1", f"{DAEMON_SETS}/node-access-dead"):
        add(fake, path, "dead")
    now = lease._now()
    spec = {"holderIdentity": "dead of me@here", "renewTime": now, "leaseDurationSeconds": 60, "acquireTime": now}
    fake.objects[f"{LEASES}/run"] = {"metadata": {"name": "run", "resourceVersion": "1"}, "spec": spec}
    assert main(command) == 1
    assert "another run uses this cluster: dead of me@here" in capsys.readouterr().err
    assert len(fake.paths("dead")) == 1
    spec["renewTime"] = "2026-01-01T00:00:00.000000Z"
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines() == [
        "removed namespace resize-1",
        "removed DaemonSet node-access-dead",
        "removed namespace resize-conformance",
    ]
    assert fake.paths("namespaces") == []
