"""Stops and starts a cluster's processes: what init is asked for on its control socket, and who asks.

One question and one answer are a line of JSON each: ``{"stop": NAME}`` or ``{"start": NAME}``, answered by ``{}`` or
``{"error": ...}``. User-mode nodes supervise their own two processes, and are asked by :mod:`clusters.uml.agent`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from clusters.contract import ClusterError
from clusters.wire import connect

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

    from clusters.local.state import ClusterFolder

#: In the cluster's folder, which nobody but its owner may enter.
CONTROL_SOCKET: Final = "control"
#: How long a component may take to end; then it is killed. The API server waits a minute and more for watches.
PATIENCE_S: Final = 5.0
#: Until init has answered: a component that was killed is gone in no time, one that is started waits for others.
_ANSWER_S: Final = 60.0


class Supervisor(Protocol):
    """Whoever looks after a component."""

    def stop(self, component: str) -> None:
        """End it as a service manager would; it stays down.

        Raises:
            ClusterError: It does not run, or does not end.
        """
        ...

    def start(self, component: str) -> None:
        """Start one that was stopped, once what it waits for is there.

        Raises:
            ClusterError: It was not stopped.
        """
        ...


class Control:
    """The first process of a cluster's namespaces, asked from outside.

    Args:
        folder: The cluster's.
        numbered: A component's name there, where there may be several of its kind.
    """

    def __init__(self, folder: ClusterFolder, numbered: Callable[[str], str] = str) -> None:
        self._folder = folder
        self._numbered = numbered

    def stop(self, component: str) -> None:
        """End a component by SIGTERM, and one that takes its time by SIGKILL; it stays down.

        Raises:
            ClusterError: It does not run.
        """
        self._ask("stop", component)

    def start(self, component: str) -> None:
        """Start one that was stopped.

        Raises:
            ClusterError: It was not stopped.
        """
        self._ask("start", component)

    def _ask(self, order: str, component: str) -> None:
        try:
            with (
                connect(self._folder.path / CONTROL_SOCKET, timeout_s=_ANSWER_S) as connection,
                connection.makefile("rw", encoding="utf-8") as stream,
            ):
                stream.write(json.dumps({order: self._numbered(component)}) + "\n")
                stream.flush()
                answer = json.loads(stream.readline() or '{"error": "its first process is gone"}')
        except OSError as error:
            raise ClusterError(f"cluster {self._folder.name} can't be asked to {order} {component}: {error}") from error
        if "error" in answer:
            raise ClusterError(f"cluster {self._folder.name} can't {order} {component}: {answer['error']}")


async def obey(
    orders: Mapping[str, Callable[[str], Awaitable[str]]], reader: StreamReader, writer: StreamWriter
) -> None:
    """Carry out what comes in on a connection."""
    while line := await reader.readline():
        ((order, component),) = json.loads(line).items()
        error = await orders[order](component)
        writer.write(json.dumps({"error": error} if error else {}).encode() + b"\n")
        await writer.drain()
    writer.close()
