"""A shell in a node's container, through ``docker exec`` by the engine's API: its standard input and output."""

from __future__ import annotations

import os
import select
import struct
import time
from typing import Any

import docker
import docker.errors

#: The engine's framing of a stream without a terminal: kind of stream, three empty bytes, length
#: (Docker Engine API, "Attach to a container", stream format).
_HEADER = struct.Struct(">BxxxL")
_STDOUT, _STDERR = 1, 2
_READ_BYTES = 1 << 16
#: A socket that is ready to be written to takes this much without waiting.
_WRITE_BYTES = 1 << 12
_WRITE_TIMEOUT_S = 10.0


class ExecPipe:
    """One ``docker exec -i CONTAINER sh`` that stays open.

    Attributes:
        errors: What came by its standard error so far, where it was asked for.

    Args:
        client: The SDK's client.
        container: The container's name.
        errors: Whether its standard error is to come too.

    Raises:
        OSError: It can't be started, for example because the container does not run.
    """

    def __init__(self, client: docker.DockerClient, container: str, *, errors: bool = False) -> None:
        self.errors = bytearray()
        try:
            created = client.api.exec_create(container, ["sh"], stdin=True, stdout=True, stderr=errors, tty=False)
            self._socket: Any = client.api.exec_start(created["Id"], socket=True)
        except docker.errors.DockerException as error:
            raise OSError(f"docker exec in {container}: {error}") from error
        self._descriptor: int = self._socket.fileno()
        # Reads wait by select, with a time limit of each request's own.
        os.set_blocking(self._descriptor, True)
        self._raw = bytearray()

    def send(self, data: bytes) -> None:
        """Write to the shell's standard input.

        Raises:
            OSError: It has ended.
            TimeoutError: Nobody takes it.
        """
        while data:
            if not select.select([], [self._descriptor], [], _WRITE_TIMEOUT_S)[1]:
                raise TimeoutError(f"nothing was taken within {_WRITE_TIMEOUT_S:.0f} s")
            data = data[os.write(self._descriptor, data[:_WRITE_BYTES]) :]

    def receive(self, timeout_s: float) -> bytes:
        """The next bytes of its standard output; nothing once it has ended.

        Raises:
            TimeoutError: Nothing came in time.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            if output := self._next_frames():
                return output
            if not select.select([self._descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"nothing came within {timeout_s:.0f} s")
            arrived = os.read(self._descriptor, _READ_BYTES)
            if not arrived:
                return b""
            self._raw += arrived

    def close(self) -> None:
        """End the shell: it ends with its standard input."""
        self._socket.close()

    def _next_frames(self) -> bytes:
        """Take the whole frames that have arrived."""
        output = bytearray()
        while len(self._raw) >= _HEADER.size:
            stream, length = _HEADER.unpack_from(self._raw)
            end = _HEADER.size + length
            if len(self._raw) < end:
                break
            if stream == _STDOUT:
                output += self._raw[_HEADER.size : end]
            elif stream == _STDERR:
                self.errors += self._raw[_HEADER.size : end]
            del self._raw[:end]
        return bytes(output)
