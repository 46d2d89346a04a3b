"""Debian's Docker engine, as the lab runs it: its settings, its start, what it is asked, its end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters.components.errors import last_lines
from clusters.local.host import CAP_SYS_RESOURCE, file_system_of, has_capability
from lab.place import RUN, SOCKET, LabError

if TYPE_CHECKING:
    from clusters.progress import Progress
    from lab.place import Place

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
_LOOK_S = 0.1
_TAIL_LINES = 15
_RUNTIME = Path(__file__).with_name("runtime.py")

#: In the environment of all that talks to the engine.
ENVIRONMENT = {"DOCKER_HOST": f"unix://{SOCKET}"}


def settings(place: Place, *, lacks_sys_resource: bool, storage: str) -> dict[str, Any]:
    """The engine's configuration file, dockerd's daemon.json.

    Args:
        place: The lab's.
        lacks_sys_resource: Whether the host lacks CAP_SYS_RESOURCE.
        storage: The storage driver.
    """
    chosen: dict[str, Any] = {
        "hosts": [ENVIRONMENT["DOCKER_HOST"]],
        "data-root": str(place.engine_data),
        "exec-root": str(RUN / "exec"),
        "pidfile": str(RUN / "dockerd.pid"),
        "storage-driver": storage,
        "cgroup-parent": f"/{place.cgroup}",
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
        # The default, -500, takes a capability that the host may lack, and ends the engine's own containerd.
        "oom-score-adjust": 0,
        "shutdown-timeout": 5,
    }
    if lacks_sys_resource:
        chosen |= {"default-runtime": "lab", "runtimes": {"lab": {"path": str(RUN / "runc")}}}
    return chosen


class Engine:
    """The engine and its command line client.

    Args:
        place: The lab's.
        progress: Where slow steps are told.
    """

    def __init__(self, place: Place, progress: Progress) -> None:
        self._place = place
        self._progress = progress
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The engine's process, once it was started."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the engine and wait until it answers; containers of a run that was killed are removed.

        Raises:
            LabError: It ends, or does not answer in time.
        """
        lacks = not has_capability(CAP_SYS_RESOURCE)
        # An overlay can't lie on another one, which is what a container's own file system is.
        storage = "vfs" if file_system_of(self._place.directory) == "overlay" else "overlay2"
        RUN.mkdir(parents=True, exist_ok=True)
        configuration = RUN / "daemon.json"
        configuration.write_text(
            json.dumps(settings(self._place, lacks_sys_resource=lacks, storage=storage)), encoding="utf-8"
        )
        if lacks:
            _write_runtime(RUN / "runc")
        with self._progress.step("starting the Docker engine"), self._place.engine_log.open("wb") as log:
            self._process = subprocess.Popen(
                ["dockerd", "--config-file", configuration],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal is for the command alone: the engine ends after it.
                start_new_session=True,
            )
            self._wait_for_answer()
            self.remove_leftovers()

    def _wait_for_answer(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not SOCKET.exists() or self._client("version").returncode != 0:
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                outcome = "ended" if ended else f"gave no answer for {START_TIMEOUT_S:.0f} s"
                tail = last_lines(self._place.engine_log.read_text(encoding="utf-8", errors="replace"), _TAIL_LINES)
                raise LabError(f"the Docker engine {outcome}; its log is {self._place.engine_log}:\n{tail}")
            time.sleep(_LOOK_S)

    def ask(self, *arguments: str) -> str:
        """Run the client and return what it printed.

        Raises:
            LabError: It failed.
        """
        done = self._client(*arguments)
        if done.returncode != 0:
            raise LabError(f"`docker {' '.join(arguments)}` failed:\n{last_lines(done.stderr, _TAIL_LINES)}")
        return done.stdout.strip()

    def remove_leftovers(self) -> None:
        """Remove every container, network and volume; the images stay.

        Raises:
            LabError: The engine refuses.
        """
        containers = self.ask("ps", "--all", "--quiet").split()
        if containers:
            self.ask("rm", "--force", "--volumes", *containers)
        self.ask("network", "prune", "--force")
        volumes = self.ask("volume", "ls", "--quiet").split()
        if volumes:
            self.ask("volume", "rm", "--force", *volumes)

    def stop(self) -> None:
        """End the engine with all of its containers."""
        if self._process is None or self._process.poll() is not None:
            return
        with self._progress.step("stopping the Docker engine"):
            with suppress(LabError):
                self.remove_leftovers()
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _client(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["docker", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | ENVIRONMENT,
        )


def _write_runtime(path: Path) -> None:
    """The program that the engine runs in place of runc; -I and -S make Python start in half the time."""
    rewrite = f'"{sys.executable}" -I -S "{_RUNTIME}"'
    path.write_text(f'#!/bin/sh\n{rewrite} "$@" && exec "{shutil.which("runc")}" "$@"\n', encoding="utf-8")
    path.chmod(0o755)
