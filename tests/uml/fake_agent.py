"""Stands in for a node's agent: a Unix socket that speaks lines of JSON (clusters/uml/init/agent.go)."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "0123abcd"


class Reply(Protocol):
    """What the agent answers to a question, or None where it closes the connection instead."""

    def __call__(self, question: dict[str, Any]) -> dict[str, Any] | None:
        """The answer."""
        ...


class FakeAgent:
    """Answers on ``path`` until it is closed.

    Attributes:
        connections: The questions of each connection, tokens aside, in order.
    """

    def __init__(self, path: Path, reply: Reply, *, token: str = TOKEN, delay_s: float = 0.0) -> None:
        self.connections: list[list[dict[str, Any]]] = []
        self._reply = reply
        self._token = token
        self._delay_s = delay_s
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Let go of every connection."""
        for connection in (self._listener, *self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._converse, args=[connection], daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rw", encoding="utf-8") as stream:
            if json.loads(stream.readline()) != {"token": self._token}:
                return
            asked: list[dict[str, Any]] = []
            self.connections.append(asked)
            while line := stream.readline():
                asked.append(json.loads(line))
                time.sleep(self._delay_s)
                answer = self._reply(asked[-1])
                if answer is None:
                    return
                stream.write(json.dumps(answer) + "\n")
                stream.flush()
