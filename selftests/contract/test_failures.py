"""How a provider fails: in one clear sentence, with nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from clusters.contract import ClusterError
from clusters.docker.engine import Engine
from clusters.docker.images import node_image
from clusters.local.wardens import PROJECT_ROOT
from clusters.progress import Progress
from clusters.versions import KubeVersion
from selftests.contract.remains import LABELS, remains

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selftests.contract.asked import Asked

pytestmark = pytest.mark.timeout(300)

#: A cluster of either kind is up in half a minute on a busy machine.
TIMEOUT_S = 120.0


@pytest.fixture
def containers(asked: Asked) -> None:
    """Only for providers whose nodes are containers."""
    if asked.name not in {"kind", "k3d"}:
        pytest.skip(f"{asked.name} takes no Docker engine")


@pytest.fixture
def warden(asked: Asked) -> None:
    """Only for providers whose clusters are looked after: what a killed run left elsewhere, the next one removes."""
    if asked.name == "existing":
        pytest.skip("see selftests/existing")


@pytest.fixture
def root(state: Path) -> Path:
    """The folder of all clusters."""
    return state / "clusters"


def refusal(asked: Asked, name: str, logs: Path, *, cache: Path | None = None) -> str:
    """What the provider says when it can't make a cluster."""
    with pytest.raises(ClusterError) as caught:
        asked.provider(cache=cache).create(asked.request(name, logs), Progress())
    return str(caught.value)


@pytest.mark.usefixtures("containers")
def test_engine_does_not_run(
    asked: Asked, name: str, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
        told = refusal(asked, name, tmp_path)
    assert told.startswith(f"no Docker engine answers at unix://{tmp_path}/none.sock")
    assert "sudo systemctl start docker" in told
    assert remains(asked, name, root) == []


@pytest.mark.usefixtures("containers")
def test_image_is_missing(asked: Asked, name: str, tmp_path: Path, root: Path) -> None:
    image = f"localhost:1/none/node:v{asked.version}"
    other = type(asked)(asked.name, asked.version, asked.node, asked.nodes, image)
    told = refusal(other, name, tmp_path)
    assert told.startswith(f"the node image {image} is not in the Docker engine, and can't be pulled")
    assert "--node-image" in told
    assert remains(asked, name, root) == []


@pytest.mark.usefixtures("containers")
def test_name_is_somebody_elses(asked: Asked, name: str, tmp_path: Path, root: Path) -> None:
    """A cluster that the tool made for somebody else is neither used nor removed."""
    client, label = Engine().client, LABELS[asked.name]
    image = node_image(asked.name, KubeVersion.parse(asked.version), asked.image)
    theirs = client.containers.create(image, labels={label: name}, name=f"{name}-theirs")
    try:
        told = refusal(asked, name, tmp_path)
        theirs.reload()
    finally:
        theirs.remove(force=True)
    assert f"the name {name} is taken" in told
    assert "delete it with" in told
    assert remains(asked, name, root) == []


def test_program_is_missing(
    asked: Asked, name: str, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither on PATH, nor in the cache, nor to be downloaded, and no Go to build it: the first thing is named."""
    if asked.name == "existing":
        pytest.skip("existing takes none: without kubectl, cases that use it don't apply")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        patch.setattr("clusters.components.gobuild.find_go", _no_go)
        told = refusal(asked, name, tmp_path, cache=tmp_path / "cache")
    assert "no Go here" in told or "is missing" in told
    assert remains(asked, name, root) == []


def _no_go() -> str:
    raise ClusterError("no Go here")


def test_disk_is_full(asked: Asked, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clusters' folder is on a file system without room (or, for local ones, one that is refused anyway)."""
    full = tmp_path / "full"
    full.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "full", full], check=True)
    try:
        (full / "clusters").mkdir()
        subprocess.run(["dd", "if=/dev/zero", f"of={full}/filling", "bs=4k"], check=False, capture_output=True)
        with monkeypatch.context() as patch:
            patch.setenv("RESIZE_CONFORMANCE_STATE", str(full))
            told = refusal(asked, name, tmp_path)
            assert remains(asked, name, full / "clusters") == []
    finally:
        subprocess.run(["umount", full], check=True)
    assert str(full) in told
    assert "RESIZE_CONFORMANCE_STATE" in told


class Owner:
    """A process that makes a cluster."""

    def __init__(self, asked: Asked, name: str, state: Path) -> None:
        self.logs = state / "logs" / "owner"
        self.process = subprocess.Popen(
            # A shell's background jobs ignore Ctrl-C, and what they start inherits that.
            ["env", "--default-signal=INT", sys.executable, "-m", "selftests.contract.owner",
             asked.to_json(), name, str(self.logs)],
            cwd=PROJECT_ROOT,
            env={**os.environ, "RESIZE_CONFORMANCE_STATE": str(state), "PYTHONPATH": str(PROJECT_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def until_something_is_made(self, asked: Asked, name: str, root: Path) -> None:
        """Return once there is more of the cluster than its folder."""
        deadline = time.monotonic() + TIMEOUT_S
        while not any(line.startswith(("container", "process", "namespace")) for line in remains(asked, name, root)):
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < deadline, "nothing was made"
            time.sleep(0.05)

    def until_ready(self) -> None:
        """Return once the cluster is up."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]


@pytest.fixture
def owner(asked: Asked, name: str, state: Path) -> Iterator[Owner]:
    """One that does not outlive the test."""
    started = Owner(asked, name, state)
    yield started
    started.process.kill()
    started.process.communicate()


def gone(asked: Asked, name: str, root: Path, *, within_s: float) -> list[str]:
    """What is left of a cluster when nothing is, or after a while."""
    deadline = time.monotonic() + within_s
    while (left := remains(asked, name, root)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def test_interrupted_by_ctrl_c(owner: Owner, asked: Asked, name: str, root: Path) -> None:
    owner.until_something_is_made(asked, name, root)
    owner.process.send_signal(signal.SIGINT)
    assert owner.process.wait(timeout=TIMEOUT_S) != 0
    assert gone(asked, name, root, within_s=10) == []


@pytest.mark.usefixtures("warden")
def test_killed_during_the_start(owner: Owner, asked: Asked, name: str, root: Path) -> None:
    owner.until_something_is_made(asked, name, root)
    owner.process.kill()
    assert gone(asked, name, root, within_s=30) == []


@pytest.mark.usefixtures("warden")
def test_killed_while_it_is_up(owner: Owner, asked: Asked, name: str, root: Path) -> None:
    owner.until_ready()
    owner.process.kill()
    assert gone(asked, name, root, within_s=30) == []


def test_destroyed_made_anew_and_destroyed_twice(asked: Asked, name: str, state: Path, root: Path) -> None:
    provider = asked.provider()
    for _ in range(2):
        record = provider.create(asked.request(name, state / "logs" / name), Progress())
        provider.destroy(record)
        assert remains(asked, name, root) == []
    # What is gone is as good as removed.
    provider.destroy(record)
    assert asked.name == "existing" or list((state / "logs" / name).iterdir())
