"""A user-mode node as the suite sees it: through its first process, which answers on a wire of its own.

What is asked goes by a Unix socket in the cluster's folder to init, and from there to the node; the kubelet and the
API server have no part in it. One question and one answer are a line of JSON each (``init/agent.go``).
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, TextIO

from clusters.contract import ClusterError
from clusters.wire import connect

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from pathlib import Path

    from clusters.local.topology import NodePlace

#: How much longer than a command itself its answer may take.
_SPARE_S = 10.0
#: How long a component may take to end.
_PATIENCE_S = 30.0


class MachineNode:
    """Reads files and runs commands on a user-mode node.

    Args:
        place: Which node it is.
        wire: The Unix socket.
        token: What the node's agent wants to be shown.
    """

    def __init__(self, place: NodePlace, wire: Path, token: str) -> None:
        self.name = place.name
        # A reading of seven files takes the node's CPU for about a millisecond.
        self.sampling_s = 0.02
        self._place = place
        self._wire = wire
        self._token = token
        # A connection a thread: samplers read at the same time as cases run commands.
        self._connections = threading.local()

    def read_text(self, path: str) -> str:
        """The content of a file on the node.

        Raises:
            FileNotFoundError: There is no such file.
            ClusterError: The node does not answer.
        """
        (text,) = self.read_texts([path])
        if text is None:
            raise FileNotFoundError(2, "No such file or directory", path)
        return text

    def read_texts(self, paths: Sequence[str]) -> list[str | None]:
        """The contents of several files, read in one go; None for each that is not there.

        Raises:
            ClusterError: The node does not answer.
        """
        texts: list[str | None] = self._ask({"read": list(paths)}, timeout_s=_SPARE_S)["texts"]
        return texts

    def run(self, arguments: Sequence[str], *, timeout_s: float = 30.0) -> str:
        """What a command printed that ran on the node.

        Raises:
            ClusterError: The command failed or did not end in time, or the node does not answer.
        """
        asked = {"run": list(arguments), "timeout_s": timeout_s}
        answer = self._ask(asked, timeout_s=timeout_s + _SPARE_S)
        told = f"on node {self.name} `{' '.join(arguments)}`"
        if "error" in answer:
            raise ClusterError(f"{told} {answer['error']}")
        if answer["code"] != 0:
            raise ClusterError(f"{told} ended with {answer['code']}: {answer.get('stderr', '').strip()}")
        return str(answer.get("stdout", ""))

    def stop(self, component: str) -> None:
        """End containerd or the kubelet by SIGTERM; it stays down, and its containers live on.

        Raises:
            ClusterError: It does not run, or does not end in time.
        """
        self._order("stop", component)

    def start(self, component: str) -> None:
        """Start it again.

        Raises:
            ClusterError: It was not stopped.
        """
        self._order("start", component)

    def _order(self, order: str, component: str) -> None:
        question = {order: self._place.numbered(component), "timeout_s": _PATIENCE_S}
        answer = self._ask(question, timeout_s=_PATIENCE_S + _SPARE_S)
        if "error" in answer:
            raise ClusterError(f"on node {self.name}: {answer['error']}")

    def _ask(self, question: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
        try:
            connection, stream = self._connection()
            connection.settimeout(timeout_s)
            stream.write(json.dumps(question) + "\n")
            stream.flush()
            line = stream.readline()
        except OSError as error:
            self._forget()
            raise ClusterError(f"node {self.name} does not answer: {error}") from error
        if not line.endswith("\n"):
            self._forget()
            raise ClusterError(f"node {self.name} does not answer: it closed the connection")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _connection(self) -> tuple[socket.socket, TextIO]:
        known: tuple[socket.socket, TextIO] | None = getattr(self._connections, "pair", None)
        if known is not None:
            return known
        connection = connect(self._wire, timeout_s=_SPARE_S)
        stream = connection.makefile("rw", encoding="utf-8")
        stream.write(json.dumps({"token": self._token}) + "\n")
        self._connections.pair = (connection, stream)
        return connection, stream

    def _forget(self) -> None:
        known: tuple[socket.socket, TextIO] | None = getattr(self._connections, "pair", None)
        self._connections.pair = None
        if known is not None:
            known[0].close()
