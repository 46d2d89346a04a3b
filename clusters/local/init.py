"""The first process of a cluster's namespaces: starts the components, forwards the API's port, notes who ended.

It runs as PID 1 of its own PID namespace, so that every process of the cluster ends with it, however it ends.
``python -m clusters.local.init SPEC LISTENER`` is started by :mod:`clusters.local.warden` and by nobody else.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from clusters.local import hostcgroups, mounts
from clusters.local.network import bring_up_bridge, bring_up_wires
from clusters.local.supervision import CONTROL_SOCKET, PATIENCE_S, obey
from clusters.local.topology import NodePlace

#: One JSON object a line, read by the provider and by ``python -m clusters``.
STATUS_FILE = "status.jsonl"
#: And those of nodes that are machines (clusters/uml/machine.py).
STATUS_FILES = "status*.jsonl"
#: How often a component that waits for another's port looks whether it is open.
LOOK_S = 0.02


class Init:
    """The supervisor's state: what it was asked to run, and what runs."""

    def __init__(self, spec: dict[str, Any], listener: socket.socket) -> None:
        self._spec = spec
        self._listener = listener
        self._names: dict[int, str] = {}
        #: Of those that were asked to end, and of those that have.
        self._ends: dict[int, asyncio.Event] = {}
        self._stopped: set[str] = set()
        self._status = (mounts.NODE_ROOT / STATUS_FILE).open("a", buffering=1, encoding="utf-8")

    async def run(self) -> None:
        """Start every component as soon as what it waits for is there, then serve until killed."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        await asyncio.start_server(self._to_api, sock=self._listener)
        for name, target in self._spec.get("agents", {}).items():
            await asyncio.start_unix_server(partial(_forward, target), path=mounts.NODE_ROOT / name)
        orders = {"stop": self._stop, "start": self._start_again}
        await asyncio.start_unix_server(partial(obey, orders), path=mounts.NODE_ROOT / CONTROL_SOCKET)
        self._note("up")
        async with asyncio.TaskGroup() as tasks:
            for process in self._spec["processes"]:
                tasks.create_task(self._start(process))
        await asyncio.Event().wait()

    async def _start(self, process: dict[str, Any]) -> None:
        for address in process["after"]:
            while not _open(address):
                await asyncio.sleep(LOOK_S)
        log = mounts.LOG_DIRECTORY / f"{process['name']}.log"
        with log.open("ab") as output:
            child = subprocess.Popen(
                process["argv"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"PATH": f"{mounts.NODE_ROOT}/bin:{os.environ['PATH']}", **process["env"]},
                start_new_session=True,
            )
        self._names[child.pid] = process["name"]
        # The handler below reaps; Popen must not be told again by its destructor.
        child.returncode = 0
        self._note("started", name=process["name"], pid=child.pid)

    async def _stop(self, name: str) -> str:
        """End a component as its service manager would; say what is wrong, if anything is."""
        pid = next((pid for pid, running in self._names.items() if running == name), None)
        if pid is None:
            return f"no component {name} runs here"
        self._ends[pid] = ended = asyncio.Event()
        os.kill(pid, signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), PATIENCE_S)
        if not ended.is_set():
            os.kill(pid, signal.SIGKILL)
            await ended.wait()
        return ""

    async def _start_again(self, name: str) -> str:
        if name not in self._stopped:
            return f"no component {name} was stopped here"
        self._stopped.remove(name)
        await self._start(next(process for process in self._spec["processes"] if process["name"] == name))
        return ""

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                name = self._names.pop(pid, None)
                if (asked := self._ends.pop(pid, None)) is not None and name is not None:
                    self._stopped.add(name)
                    self._note("stopped", name=name)
                    asked.set()
                # Everything else is an orphan of a component, such as a container whose shim ended.
                elif name is not None:
                    self._note("ended", name=name, code=os.waitstatus_to_exitcode(status))

    def _note(self, event: str, **details: object) -> None:
        self._status.write(json.dumps({"event": event, "at": time.time(), **details}) + "\n")

    async def _to_api(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _forward(self._spec["forward"], reader, writer)


async def _forward(target: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Connect a connection that came in with one to ``target``, by host and port."""
    try:
        far_reader, far_writer = await asyncio.open_connection(target["host"], target["port"])
    except OSError:
        writer.close()
        return
    await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


def _open(address: str) -> bool:
    """Whether ``tcp:HOST:PORT`` or ``unix:PATH`` takes connections, or the file of ``file:PATH`` is there."""
    kind, _, where = address.partition(":")
    if kind == "file":
        return Path(where).exists()
    with suppress(OSError):
        if kind == "unix":
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(where)
                return True
        host, _, port = where.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    return False


def main() -> None:
    """Enter the cluster's cgroup, mounts and network, then supervise."""
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    listener = socket.socket(fileno=int(sys.argv[2]))
    listener.setblocking(False)
    directory, nodes = Path(spec["directory"]), [NodePlace(**node) for node in spec["nodes"]]
    if spec["host_cgroups"]:
        hostcgroups.enter_system_leaf(spec["name"])
    mounts.enter(directory, spec["files"], Path(spec["log_directory"]))
    if spec["host_cgroups"]:
        mounts.become_node(directory)
        bring_up_bridge(nodes[0])
    else:
        mounts.shared_memory()
        bring_up_wires(nodes)
    asyncio.run(Init(spec, listener).run())


if __name__ == "__main__":
    main()
