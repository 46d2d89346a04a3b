"""A running cluster's keys are readable by its owner alone, and nobody gets in without one."""

from __future__ import annotations

import json
import os
import socket
import stat
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from clusters.contract import ClusterError
from clusters.local.prepare import ADMIN_KUBECONFIG
from clusters.local.processes import API_PORT, CONTROLLER_MANAGER_PORT, METRICS_SERVER_PORT, SCHEDULER_PORT
from clusters.local.topology import LOOPBACK, NodePlace
from clusters.uml.machine import AGENT_PORT
from selftests.leaks.cluster import Cluster, own_state
from selftests.leaks.owner import POD_NAME, start_pod
from selftests.leaks.traces import processes

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(120)

#: As it is unless told otherwise (pkg/cluster/ports/ports.go, KubeletPort).
KUBELET_PORT = 10250
#: The state of a socket that listens (include/net/tcp_states.h).
TCP_LISTEN = "0A"

#: Runs beside the control plane: what a server answers to somebody without credentials.
ANONYMOUS = """
import ssl, sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], context=ssl._create_unverified_context(), timeout=5).status)
except urllib.error.HTTPError as error:
    print(error.code)
except OSError as error:
    print(type(error).__name__)
"""

#: Runs beside the control plane: how many bytes a node's agent answers to each way of asking, the last of which is
#: the suite's.
STRANGER = """
import json, socket, sys
token = json.load(open(sys.argv[3]))["agent_token"]
question = '{"read": ["/proc/uptime"]}'
for words in (
    [question],
    ['{"token": ""}', question],
    ['{"token": "' + "0" * len(token) + '"}', question],
    ['{"token": null}', question],
    ["GET / HTTP/1.0", ""],
    [json.dumps({"token": token}), question],
):
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) as connection:
        try:
            connection.sendall(("\\n".join(words) + "\\n").encode())
            print(len(connection.recv(4096)))
        except ConnectionResetError:
            print(0)
"""


@pytest.fixture(scope="module")
def cluster(node: str) -> Iterator[Cluster]:
    """A cluster with metrics-server and one pod."""
    with own_state() as state:
        made = Cluster(state, "leak-secrets", node=node, metrics=True)
        try:
            start_pod(made.record)
            yield made
        finally:
            made.destroy()


def test_keys_stay_private(cluster: Cluster, node: str) -> None:
    """Each file with a secret has mode 0600 in a folder of mode 0700, and none is in a log or on a command line."""
    folder = cluster.folder.path
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    texts = {path: _text(path) for path in _small_files(folder)}
    tokens = {json.loads(_text(path))["agent_token"] for path in folder.glob("orders-*.json")}
    assert len(tokens) == (1 if node == "uml" else 0)
    marks = {"PRIVATE KEY-----", "client-key-data", *tokens}
    secret = {path for path, text in texts.items() if any(mark in text for mark in marks)}
    assert folder / ADMIN_KUBECONFIG in secret
    # The authorities' keys never reach the disk: nobody can issue another certificate.
    assert [path for path in texts if path.name.endswith("ca.key")] == []
    assert len(secret) > 10
    assert {path for path in secret if stat.S_IMODE(path.stat().st_mode) != 0o600} == set()
    assert {path.name for path in secret if any(token in texts[path] for token in tokens)} == (
        {"orders-0.json"} if tokens else set()
    )

    words = {line for path in secret if path.suffix == ".key" for line in _text(path).splitlines()[1:-1]}
    words |= {"PRIVATE KEY", "client-key-data", *tokens}
    told = {path.name: _text(path) for path in cluster.logs.iterdir()}
    told["record"] = json.dumps(cluster.record.to_json())
    told["processes of the node"] = cluster.nodes[0].run(["ps", "ax"] if node == "host" else ["ps"])
    told["kernel's command line"] = cluster.nodes[0].read_text("/proc/cmdline")
    for process in processes(cluster.record.name):
        with suppress(psutil.Error):
            told[f"arguments of {process.pid}"] = "\n".join(process.cmdline())
            told[f"environment of {process.pid}"] = "\n".join(process.environ().values())
    assert len(told) > 20
    assert [where for where, text in told.items() if any(word in text for word in words)] == []


def test_only_the_api_can_be_reached_and_nobody_without_credentials(cluster: Cluster, node: str) -> None:
    """The host sees one loopback port; behind it and on the node, a stranger is refused everywhere."""
    mine = {process.pid for process in processes(cluster.record.name)}
    listening = {
        tuple(connection.laddr)
        for connection in psutil.net_connections("inet")
        if connection.pid in mine and connection.status == psutil.CONN_LISTEN
    }
    assert len(listening) == 1, listening
    address, port = listening.pop()
    assert address == "127.0.0.1"
    assert f"https://127.0.0.1:{port}" in (cluster.folder.path / ADMIN_KUBECONFIG).read_text(encoding="utf-8")

    api, address = cluster.api_address, _place(cluster).address
    # What pods can reach of the control plane.
    outer = address if node == "host" else api
    answers = {
        url: cluster.inside.run([sys.executable, "-c", ANONYMOUS, url]).strip()
        for url in (
            f"https://{api}:{API_PORT}/api",
            f"https://{address}:{KUBELET_PORT}/pods",
            f"https://{address}:{KUBELET_PORT}/metrics",
            f"http://{address}:10255/pods",
            f"https://127.0.0.1:{CONTROLLER_MANAGER_PORT}/metrics",
            f"https://127.0.0.1:{SCHEDULER_PORT}/metrics",
            f"https://127.0.0.1:{METRICS_SERVER_PORT}/apis",
            f"http://{outer}:2379/version",
        )
    }
    assert list(answers.values()) == ["401", "401", "401", "URLError", "403", "403", "403", "URLError"], answers


@pytest.mark.parametrize("node", ["uml"], indirect=True)
def test_machines_and_control_plane_show_each_other_what_they_must(cluster: Cluster) -> None:
    """On the wire between them are the API, the kubelet and the agent, and nothing else that listens."""
    place, machine = _place(cluster), cluster.nodes[0]
    namespace = f"/proc/{cluster.init_pid}/net"
    assert _listening(*(_text(Path(namespace, name)) for name in ("tcp", "tcp6"))) == {(cluster.api_address, API_PORT)}
    # A machine's kernel may have no IPv6. "" is every address.
    tables = machine.read_texts(["/proc/net/tcp", "/proc/net/tcp6"])
    on_machine = _listening(*(table for table in tables if table is not None))
    assert on_machine == {(place.address, KUBELET_PORT), ("", AGENT_PORT)}

    orders = "/run/node/orders-0.json"
    asked = [sys.executable, "-c", STRANGER, place.address, str(AGENT_PORT), orders]
    *strangers, suite = [int(line) for line in cluster.inside.run(asked).split()]
    assert strangers == [0, 0, 0, 0, 0]
    assert suite > 0


@pytest.mark.parametrize("node", ["uml"], indirect=True)
def test_pod_sees_nothing_of_the_clusters_folder(cluster: Cluster) -> None:
    """The folder, which is mounted on the node, is not mounted in a container."""
    machine = cluster.nodes[0]
    assert "agent_token" in machine.read_text("/run/node/orders-0.json")
    assert " hostfs " in machine.read_text("/proc/mounts")
    script = "cat /proc/mounts; find / -name 'orders-*' -o -name '*.kubeconfig'; echo looked"
    command = cluster.kubectl("exec", POD_NAME, "--", "sh", "-c", script)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "looked" in done.stdout, done.stderr
    assert " / overlay " in done.stdout
    assert "hostfs" not in done.stdout
    assert "orders-" not in done.stdout
    assert "kubeconfig" not in done.stdout


@pytest.mark.parametrize("node", ["host"], indirect=True)
def test_node_may_not_act_for_others(cluster: Cluster) -> None:
    """The kubelet's own credentials are those of one node: no secrets of others, no other node's status."""
    place, inside = _place(cluster), cluster.inside
    kubeconfig = f"--kubeconfig=/run/node/etc/{place.directory}/kubelet.kubeconfig"
    inside.run(["kubectl", kubeconfig, "get", "node", place.name])
    for arguments in (["get", "secrets", "--all-namespaces"], ["label", "node", "another", "a=b"]):
        with pytest.raises(ClusterError, match=r"[Ff]orbidden"):
            inside.run(["kubectl", kubeconfig, *arguments])


def _place(cluster: Cluster) -> NodePlace:
    return NodePlace(**cluster.record.private["nodes"][0])


def _listening(*tables: str) -> set[tuple[str, int]]:
    """Who listens beyond the loopback, of /proc/net/tcp and tcp6; every address is told as the empty string."""
    found = set()
    for line in (line for table in tables for line in table.splitlines()[1:]):
        local, state = (line.split()[index] for index in (1, 3))
        address, _, port = local.partition(":")
        if state == TCP_LISTEN and (shown := _address(address)) != LOOPBACK:
            found.add((shown, int(port, 16)))
    return found


def _address(digits: str) -> str:
    """An address as /proc/net has it: each four bytes are a number in the machine's own order."""
    packed = b"".join(struct.pack("=I", int(digits[start : start + 8], 16)) for start in range(0, len(digits), 8))
    if not any(packed):
        return ""
    if len(packed) == 4:
        shown = socket.inet_ntop(socket.AF_INET, packed)
        return LOOPBACK if shown.startswith("127.") else shown
    shown = socket.inet_ntop(socket.AF_INET6, packed)
    return LOOPBACK if shown == "::1" else shown.removeprefix("::ffff:")


def _small_files(folder: Path) -> Iterator[Path]:
    """All files of the cluster but the stores of etcd, containerd and user-mode nodes."""
    for directory, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in {"etcd", "containerd", "bin"}]
        # A node's disk is a file of gigabytes, most of them holes.
        wanted = [Path(directory, name) for name in names if not name.startswith("disk-")]
        yield from (path for path in wanted if path.is_file())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
