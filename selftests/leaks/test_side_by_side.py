"""Clusters don't meet each other, and a kept one lives until it is removed by name."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from clusters.api import KubeApi
from clusters.local.prepare import ADMIN_KUBECONFIG
from clusters.local.wardens import PROJECT_ROOT
from selftests.leaks.traces import left

if TYPE_CHECKING:
    from selftests.leaks.conftest import StartOwner
    from selftests.leaks.owners import Owner

pytestmark = [pytest.mark.usefixtures("unchanged_host"), pytest.mark.timeout(120)]

#: What is the same code for both kinds of node.
host_alone = pytest.mark.parametrize("node", ["host"], indirect=True)


@host_alone
def test_two_versions_at_once(owner: StartOwner) -> None:
    """Clusters that start, run and end together each serve their own version on a port of their own."""
    versions = ("1.30.14", "1.37.2")
    owners = [owner(version) for version in versions]
    for started in owners:
        started.hear("ready")
        started.tell("pod")
    for started in owners:
        started.hear("pod")
    assert [_version(started) for started in owners] == [f"v{version}" for version in versions]
    ports = {started.folder.state["port"] for started in owners if started.folder.state is not None}
    assert len(ports) == 2
    # Both have a pod of the same name; each sees its own alone.
    for started in owners:
        pods = KubeApi(started.folder.path / ADMIN_KUBECONFIG).get("/api/v1/pods")["items"]
        assert [pod["spec"]["nodeName"] for pod in pods] == [f"{started.name}-node"]
    owners[0].tell("destroy")
    assert owners[0].wait() == 0
    assert _version(owners[1]) == "v1.37.2"
    owners[1].tell("destroy")
    assert owners[1].wait() == 0
    for started in owners:
        assert left(started.name, started.root, patience_s=0) == []


@host_alone
def test_second_cluster_of_a_name_is_refused(owner: StartOwner) -> None:
    """A name in use is refused with the command that frees it, and the cluster that has it goes on."""
    first = owner()
    first.hear("ready")
    second = owner(name=first.name)
    assert second.wait() == 1
    assert f"python -m clusters rm {first.name}" in second.last_words()
    assert _version(first) == "v1.37.2"


def test_kept_cluster(owner: StartOwner) -> None:
    """A kept cluster outlives its owner, is listed as kept, and is removed by name."""
    started = owner()
    started.hear("ready")
    started.tell("keep")
    assert started.wait() == 0
    assert _version(started) == "v1.37.2"
    listed = _clusters("list")
    assert listed.returncode == 0
    assert "kept" in next(line for line in listed.stdout.splitlines() if started.name in line)
    assert f"export KUBECONFIG={started.folder.path / ADMIN_KUBECONFIG}\n" in listed.stdout
    removed = _clusters("rm", started.name)
    assert (removed.returncode, removed.stderr) == (0, "")
    assert left(started.name, started.root, patience_s=0) == []
    again = _clusters("rm", started.name)
    assert again.returncode == 1
    assert f"there is no local cluster named '{started.name}'" in again.stderr


def _version(owner: Owner) -> str:
    return str(KubeApi(owner.folder.path / ADMIN_KUBECONFIG).get("/version")["gitVersion"])


def _clusters(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clusters", *arguments],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
