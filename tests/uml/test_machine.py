from __future__ import annotations

import json
import stat
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from clusters.components.goprogram import GoProgram
from clusters.components.kernel import Kernel
from clusters.components.resolver import Component, ComponentResolver
from clusters.contract import ClusterError, ClusterRequest
from clusters.local.kinds import NodePlan
from clusters.local.state import ClusterFolder
from clusters.local.topology import beside_machines
from clusters.progress import Progress
from clusters.uml import disk, machine, requirements
from clusters.uml.machine import InMachine
from clusters.versions import KubeVersion
from tests.uml.fake_agent import FakeAgent

OWN = Kernel(Path("/cache/linux"), "7.2.12", "build")
PACKAGED = Kernel(Path("/cache/linux"), "6.1.0", "package", modules=Path("/cache/modules"))


def _kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Kernel = OWN) -> InMachine:
    """The kind with a kernel, a root and disks that are names only."""
    monkeypatch.setattr(machine, "kernel", lambda *_: found)
    monkeypatch.setattr(machine, "find_program", lambda *_: Path("/cache/busybox"))
    monkeypatch.setattr(GoProgram, "path", lambda *_: Path("/cache/node-init"))
    monkeypatch.setattr(disk, "root_image", lambda *_: Path("/cache/root.ext4"))
    monkeypatch.setattr(disk, "state_disk", lambda path: path.touch())
    return InMachine(ComponentResolver(cache_dir=tmp_path / "cache"), Progress())


def _request(tmp_path: Path, **wanted: Any) -> ClusterRequest:
    return ClusterRequest(
        kube_version=KubeVersion.parse("1.37.2"), name="a", log_directory=tmp_path / "logs", node="uml", **wanted
    )


def _plan(kind: InMachine, folder: Path, **wanted: Any) -> NodePlan:
    folder.mkdir()
    components = {
        name: Component(name=name, path=Path("/cache", name), version="1", source="release") for name in kind.components
    }
    return kind.plan(folder, kind.design(_request(folder, **wanted)), components)


def _orders(folder: Path, index: int) -> dict[str, Any]:
    orders: dict[str, Any] = json.loads((folder / f"orders-{index}.json").read_text(encoding="utf-8"))
    return orders


def test_tokens_are_in_private_files_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a"
    plan = _plan(_kind(tmp_path, monkeypatch), folder, nodes=2)
    tokens = {_orders(folder, index)["agent_token"] for index in range(2)}
    assert len(tokens) == 2
    assert {len(token) for token in tokens} == {32}
    told = json.dumps([[asdict(process) for process in plan.processes], plan.setup, plan.versions]) + str(plan.files)
    assert not any(token in told for token in tokens)
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.glob("orders-*.json")} == {0o600}


def test_each_node_has_its_own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = _plan(_kind(tmp_path, monkeypatch), tmp_path / "a", nodes=2)
    assert [process.name for process in plan.processes] == ["machine", "machine-2"]
    for index, process in enumerate(plan.processes):
        assert process.argv[0] == "/run/node/uml/linux"
        assert f"ubd1=/run/node/disk-{index}" in process.argv
        assert f"NODE_SPEC=/run/node/orders-{index}.json" in process.argv
        assert f"vec0:transport=raw,ifname=machine{index}" in process.argv
        # The root is one for all, and nobody writes to it.
        assert "ubd0r=/run/node/uml/root" in process.argv
        assert (tmp_path / "a" / f"disk-{index}").exists()
    assert plan.files["uml/root"] == Path("/cache/root.ext4")


def test_machine_keeps_to_the_clusters_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (process,) = _plan(_kind(tmp_path, monkeypatch), tmp_path / "a").processes
    # Its memory, its own folder (~/.uml unless told), and what it shows of the host.
    assert process.env == {"TMPDIR": "/dev/shm"}
    assert "uml_dir=/run" in process.argv
    assert "hostfs=/run/node" in process.argv


@pytest.mark.parametrize(("cpus", "expected"), [(None, 1), (2, 2)])
def test_cpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpus: int | None, expected: int) -> None:
    kind = _kind(tmp_path, monkeypatch)
    (process,) = _plan(kind, tmp_path / "a", cpus=cpus).processes
    assert f"ncpus={expected}" in process.argv
    assert kind.design(_request(tmp_path, cpus=cpus)).facts["CPUs"] == str(expected)


@pytest.mark.parametrize(("asked", "expected"), [(None, "v2"), ("v2", "v2"), ("v1", "v1")])
def test_cgroup_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str | None, expected: str) -> None:
    kind = _kind(tmp_path, monkeypatch)
    assert kind.design(_request(tmp_path, cgroup_version=asked)).traits.cgroup_version == expected
    _plan(kind, tmp_path / "a", cgroup_version=asked)
    assert _orders(tmp_path / "a", 0)["cgroup"] == expected


@pytest.mark.parametrize(("found", "expected"), [(OWN, True), (PACKAGED, False)])
def test_seccomp_where_the_kernel_knows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Kernel, expected: bool
) -> None:
    plan = _plan(_kind(tmp_path, monkeypatch, found), tmp_path / "a")
    assert ("seccomp=on" in plan.processes[0].argv) is expected
    assert plan.versions == {"linux (user-mode)": found.version}
    assert plan.files.get("uml/modules") == found.modules


@pytest.mark.parametrize("wanted", [{"cgroup_version": "v1"}, {"cpus": 2}])
def test_packaged_kernel_lacks_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, Any]) -> None:
    kind = _kind(tmp_path, monkeypatch, PACKAGED)
    with pytest.raises(ClusterError, match=r"install a C compiler"):
        kind.design(_request(tmp_path, **wanted))
    assert kind.design(_request(tmp_path)).traits.cgroup_version == "v2"


def test_orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a"
    plan = _plan(_kind(tmp_path, monkeypatch), folder, nodes=2)
    orders = _orders(folder, 1)
    assert (orders["hostname"], orders["address"], orders["gateway"]) == ("a-node-2", "10.245.2.2/24", "10.245.2.1")
    assert orders["status_file"] == "/run/node/status-1.jsonl"
    containerd, kubelet = orders["processes"]
    assert (containerd["name"], kubelet["name"]) == ("containerd-2", "kubelet-2")
    # The one is in the node's root, the other is the host's file.
    assert containerd["argv"][0] == "/bin/containerd"
    assert kubelet["argv"][0] == "/run/node/bin/kubelet"
    assert plan.files["bin/kubelet"] == Path("/cache/kubelet")
    assert "bin/containerd" not in plan.files
    assert plan.setup == {
        "host_cgroups": False,
        "agents": {
            "agent-0": {"host": "10.245.1.2", "port": orders["agent_port"]},
            "agent-1": {"host": "10.245.2.2", "port": orders["agent_port"]},
        },
    }


def test_node_shows_its_agent_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, kind = tmp_path / "a", _kind(tmp_path, monkeypatch)
    _plan(kind, folder, nodes=2)
    first, second = (kind.node(ClusterFolder(folder), place) for place in beside_machines("a", 2).nodes)
    token = _orders(folder, 1)["agent_token"]
    with closing(FakeAgent(folder / "agent-1", lambda question: {"texts": ["b"]}, token=token)):
        assert second.name == "a-node-2"
        assert second.read_text("/a") == "b"
    with pytest.raises(ClusterError, match=r"node a-node does not answer"):
        first.read_text("/a")


def test_check_names_every_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = _kind(tmp_path, monkeypatch)
    monkeypatch.setattr(requirements, "problems", lambda: ["no unshare", "no mke2fs"])
    with pytest.raises(ClusterError, match=r"no user-mode node can run here:\n  - no unshare\n  - no mke2fs"):
        kind.check()
    monkeypatch.setattr(requirements, "problems", list)
    kind.check()
