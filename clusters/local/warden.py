"""The process outside that owns a cluster: it starts the namespaces, and cleans up when they or its owner end.

``python -m clusters.local.warden SPEC`` reads its standard input as a lifeline: when the owner ends, even by SIGKILL,
the kernel closes it, and the warden takes the cluster down. The line ``keep`` makes the cluster outlive its owner.
It inherits the cluster's lock (see :mod:`clusters.local.keeping`) and holds it while anything of the cluster is left.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from clusters.docker.removal import remove_containers
from clusters.local import hostcgroups, keeping

#: Written once the namespaces stand: the PIDs and the port by which the cluster is reached.
STATE_FILE = "state.json"
#: Why the warden could not start the cluster, for the provider's message.
FAILURE_FILE = "failure.txt"
#: There once the owner let go of the cluster with ``keep``.
KEPT_FILE = "kept"


def main() -> None:
    """Bring up the namespaces that the spec describes, wait for the end, clean up."""
    spec_file = Path(sys.argv[1])
    spec: dict[str, Any] = json.loads(spec_file.read_text(encoding="utf-8"))
    directory = Path(spec["directory"])
    wake_reader = on_signals()
    try:
        if spec["host_cgroups"]:
            hostcgroups.create_subtree(spec["name"])
    except hostcgroups.CgroupError as error:
        _tell_failure(directory, error)
        # Cgroups that could not be made are somebody else's or gone already.
        _remove_files(directory)
        return
    try:
        _serve(spec, spec_file, directory, wake_reader)
    except OSError as error:
        _tell_failure(directory, error)
    finally:
        remove_traces(spec["name"], directory)


def on_signals() -> socket.socket:
    """A socket that can be read once somebody asks this process to end."""
    reader, writer = socket.socketpair()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: writer.send(b"t"))
    return reader


def _tell_failure(directory: Path, error: Exception) -> None:
    """Leave the reason for the provider, which reads it and then lets go of the lifeline."""
    (directory / FAILURE_FILE).write_text(str(error), encoding="utf-8")
    with suppress(OSError):
        sys.stdin.read()


def _serve(spec: dict[str, Any], spec_file: Path, directory: Path, wake: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        child = _namespaces(spec_file, Path(spec["log_directory"]), listener)
        port = listener.getsockname()[1]
    try:
        _note_namespaces(directory, child, port)
        wait_for_the_end(directory, wake, os.pidfd_open(child.pid))
    finally:
        _kill_tree(child)


def _namespaces(spec_file: Path, log_directory: Path, listener: socket.socket) -> subprocess.Popen[bytes]:
    """Start init in namespaces of its own; the listening socket stays one of the host's and is handed in."""
    # Root needs no user namespace, and has its full rights in the others; anybody else is root in one of their own.
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    with (log_directory / "init.log").open("ab") as output:
        return subprocess.Popen(
            # setpriv and --kill-child: should this process be killed, the kernel ends the namespaces for it.
            ["setpriv", "--pdeathsig", "KILL",
             "unshare", *user, "--pid", "--mount", "--net", "--fork", "--kill-child", "--mount-proc",
             sys.executable, "-m", "clusters.local.init", str(spec_file), str(listener.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
        )  # fmt: skip


def _note_namespaces(directory: Path, child: subprocess.Popen[bytes], port: int) -> None:
    """Note how the cluster is reached, as soon as init runs."""
    inner = None
    while inner is None and child.poll() is None:
        time.sleep(0.005)
        with suppress(psutil.NoSuchProcess):
            inner = next((process for process in psutil.Process(child.pid).children()), None)
    if inner is None:
        raise OSError(f"the namespaces could not be made (exit code {child.returncode}); see init.log")
    write_state(directory, init_pid=inner.pid, port=port)


def write_state(directory: Path, **found: int) -> None:
    """Note who looks after the cluster, since when, and what else is known of it by now."""
    state = {"warden_pid": os.getpid(), "created": time.time(), **found}
    partial = directory / f"{STATE_FILE}.partial"
    partial.write_text(json.dumps(state), encoding="utf-8")
    partial.rename(directory / STATE_FILE)


def wait_for_the_end(directory: Path, *ends: socket.socket | int) -> None:
    """Return when one of ``ends`` can be read, or the owner let go of the lifeline without saying ``keep``."""
    with selectors.DefaultSelector() as selector:
        for end in ends:
            selector.register(end, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ, "lifeline")
        while True:
            for key, _ in selector.select():
                if key.data != "lifeline" or sys.stdin.readline().strip() != "keep":
                    return
                selector.unregister(sys.stdin)
                (directory / KEPT_FILE).touch()


def _kill_tree(child: subprocess.Popen[bytes]) -> None:
    """End init, and with it every process of its PID namespace; return once the kernel has reaped them."""
    with suppress(psutil.NoSuchProcess):
        for inner in psutil.Process(child.pid).children():
            inner.kill()
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def remove_traces(name: str, directory: Path) -> None:
    """Remove what a cluster leaves behind: containers that are its nodes, cgroups, its folder, and last its lock."""
    remove_containers(directory)
    hostcgroups.remove_subtree(name)
    _remove_files(directory)


def _remove_files(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    keeping.lock_file(directory).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
