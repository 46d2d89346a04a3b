"""The provider ``existing`` on a real cluster, with the rights of docs/rbac.yaml and no others."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Protocol

import pytest

from clusters.api import KubeApi
from clusters.contract import ClusterError
from clusters.existing import rights
from clusters.existing.lease import RunLease
from clusters.existing.ours import NAMESPACE
from clusters.existing.survey import survey
from clusters.local import host
from selftests.existing.team import NODE_ACCESS, ROOT, USERS, Run, Team
from selftests.leaks.cluster import Cluster, own_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(240)


class StartRun(Protocol):
    """Starts a run as the user."""

    def __call__(self, *arguments: str) -> Run:
        """The run, just started."""
        ...


@pytest.fixture(scope="module")
def team() -> Iterator[Team]:
    if problems := host.problems():
        pytest.skip("; ".join(problems))
    with own_state() as state:
        cluster = Cluster(state, "existing", node="host")
        try:
            yield Team(cluster, state)
        finally:
            cluster.destroy()


@pytest.fixture(scope="module")
def user(team: Team) -> Path:
    """The kubeconfig of a user with the manifest's rights."""
    return team.kubeconfig("resize-conformance")


@pytest.fixture
def start(user: Path, tmp_path: Path) -> Iterator[StartRun]:
    runs: list[Run] = []

    def run(*arguments: str) -> Run:
        runs.append(Run(user, tmp_path / "results", *arguments))
        return runs[-1]

    yield run
    for started in runs:
        started.close()


@pytest.fixture
def no_node_rights(team: Team) -> Iterator[None]:
    """The platform team does not grant node access."""
    team.kubectl("delete", "clusterrolebinding", NODE_ACCESS)
    yield
    team.kubectl(
        "create",
        "clusterrolebinding",
        NODE_ACCESS,
        f"--clusterrole={NODE_ACCESS}",
        f"--serviceaccount={USERS}:resize-conformance",
    )


def verdicts(run: Run) -> Counter[str]:
    code, output = run.wait()
    assert code == 0, output
    document = json.loads((run.results / "latest" / "results.json").read_text(encoding="utf-8"))
    return Counter(case["verdict"] for case in document["cases"])


@pytest.mark.usefixtures("no_node_rights")
def test_without_node_access_the_api_is_as_specified(team: Team, start: StartRun) -> None:
    found = verdicts(start("suites", "--level", "smoke", "-n", "2", "--dist", "worksteal"))
    assert found["api-only"] >= 5
    assert set(found) == {"api-only", "not-applicable"}
    assert team.in_the_end() == []


def test_with_node_access_the_kernel_is_too(team: Team, start: StartRun) -> None:
    found = verdicts(start("suites", "--level", "smoke", "-n", "2", "--dist", "worksteal", "--node-access", "pod"))
    assert found["conformant"] >= 5
    assert set(found) == {"conformant", "not-applicable"}
    assert team.in_the_end() == []


def test_who_may_do_nothing_is_told_what_is_missing(team: Team) -> None:
    team.kubectl("create", "serviceaccount", "newcomer", "--namespace", USERS)
    kubeconfig = team.kubeconfig("newcomer")
    begun = time.monotonic()
    found = survey(kubeconfig, None)
    assert time.monotonic() - begun < 10
    assert not found.supported
    assert found.lacking["run"] == [right.describe(right.verbs) for right in rights.RUN]
    assert "patch pods/resize" in found.verdict
    command = [sys.executable, "-m", "clusters", "doctor", "--kubeconfig", str(kubeconfig)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "not known: this user may not see it" in done.stdout
    assert team.left() == []


def _busy(team: Team) -> None:
    """Wait until a run has all that it ever has in the cluster: its Lease, its pod on the node, a case's pod."""
    team.until(lambda: len([name for name in team.left() if name.startswith("pod ")]) > 1)
    left = team.left()
    assert f"namespace {NAMESPACE}" in left, left
    assert any(name.startswith("pod node-access-") for name in left), left
    assert any(name.startswith("namespace resize-") and not name.endswith(NAMESPACE) for name in left), left


def test_interrupted_run_leaves_nothing_and_a_second_one_is_refused(team: Team, start: StartRun, user: Path) -> None:
    run = start("suites/updown", "--node-access", "pod")
    _busy(team)
    with pytest.raises(ClusterError, match=r"another run uses this cluster: \S+ of \S+, since "):
        RunLease(KubeApi(user), "second").acquire()
    assert run.end(signal.SIGINT) == 2
    assert team.left() == []


def test_what_a_killed_run_left_is_swept(team: Team, start: StartRun, user: Path) -> None:
    run = start("suites/updown", "--node-access", "pod")
    _busy(team)
    assert run.end(signal.SIGKILL) == -signal.SIGKILL
    command = [sys.executable, "-m", "clusters", "sweep", "--kubeconfig", str(user)]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (refused.returncode, "another run uses this cluster" in refused.stderr) == (1, True), refused
    team.lease_is_old()
    swept = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert swept.returncode == 0, swept
    assert "removed DaemonSet node-access-" in swept.stdout
    assert team.left() == []


def test_what_a_killed_run_left_goes_with_the_next(team: Team, start: StartRun) -> None:
    run = start("suites/updown", "--node-access", "pod")
    _busy(team)
    run.end(signal.SIGKILL)
    team.lease_is_old()
    code, output = start("suites/updown", "-k", "test_cpu_down").wait()
    assert code == 0, output
    assert team.left() == []
