"""A stand-in for the engine's exec: a shell of this machine, its output framed like the engine's."""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
import threading
from typing import IO, Any


def frame(stream: int, data: bytes) -> bytes:
    """What the engine sends of one stream: 1 is the output, 2 the errors."""
    return struct.pack(">BxxxL", stream, len(data)) + data


class EngineOfShells:
    """The part of the SDK's client that an exec takes.

    Attributes:
        mute: Nothing of what the shell prints arrives.
        lasting: The streams stay open after the shell has ended.
    """

    def __init__(self, shell: tuple[str, ...] = ("sh",), *, mute: bool = False, lasting: bool = False) -> None:
        self.api = self
        self.mute = mute
        self.lasting = lasting
        self.processes: list[subprocess.Popen[bytes]] = []
        self._shell = shell
        self._sockets: list[socket.socket] = []

    def exec_create(self, container: str, command: list[str], **_: Any) -> dict[str, str]:
        assert command == ["sh"]
        return {"Id": "1"}

    def exec_start(self, identifier: str, *, socket: bool) -> Any:
        return self._start()

    def close(self) -> None:
        """End what is left."""
        for one in self._sockets:
            one.close()
        for process in self.processes:
            process.kill()
            process.wait()

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        process = subprocess.Popen(
            self._shell, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.processes.append(process)
        self._sockets += [ours, theirs]
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        threads = [
            threading.Thread(target=self._pass_on, args=(stream, number, theirs), daemon=True)
            for number, stream in ((1, process.stdout), (2, process.stderr))
        ]
        for thread in (*threads, threading.Thread(target=_feed, args=(theirs, process.stdin), daemon=True)):
            thread.start()
        threading.Thread(target=self._end, args=(threads, theirs), daemon=True).start()
        return ours

    def _pass_on(self, stream: IO[bytes], number: int, to: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := stream.read(1 << 12):
                if not self.mute:
                    to.sendall(frame(number, data))

    def _end(self, threads: list[threading.Thread], to: socket.socket) -> None:
        for thread in threads:
            thread.join()
        if not self.lasting:
            with contextlib.suppress(OSError):
                to.shutdown(socket.SHUT_RDWR)


def _feed(source: socket.socket, stdin: IO[bytes]) -> None:
    with contextlib.suppress(OSError), stdin:
        while data := source.recv(1 << 12):
            stdin.write(data)
