"""Commands in a pod, through the API server's WebSocket: one that stays open, and one that ends."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import websocket
import yaml
from kubernetes.stream import ws_client

from clusters.shell import Ended

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clusters.api import ExecStream, KubeApi


class ExecPipe:
    """Fulfils :class:`clusters.shell.Pipe`: both ends of a program that runs in a pod."""

    def __init__(self, stream: ExecStream) -> None:
        self._stream = stream

    def send(self, data: bytes) -> None:
        """Write to its standard input.

        Raises:
            OSError: It has ended.
        """
        _as_os_error(lambda: self._stream.write_stdin(data))

    def receive(self, timeout_s: float) -> bytes:
        """The next bytes of its standard output; nothing once it has ended.

        Raises:
            TimeoutError: Nothing came in time.
            OSError: The way to it broke off.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            left_s = deadline - time.monotonic()
            data = _as_os_error(partial(self._stream.read_stdout, timeout=max(0.0, left_s)))
            if data or not self._stream.is_open():
                return bytes(data)
            if left_s <= 0:
                raise TimeoutError(f"no answer in {timeout_s:.0f} s")

    def close(self) -> None:
        """End it."""
        self._stream.close()


def run(api: KubeApi, pod_path: str, command: Sequence[str], *, timeout_s: float) -> Ended:
    """Run a command in a pod's only container until it ends.

    Raises:
        ApiError: The server refuses.
        ApiUnreachableError: It can't be reached.
        TimeoutError: The command did not end in time.
        OSError: The way to it broke off.
    """
    stream = api.exec(pod_path, command)
    deadline = time.monotonic() + timeout_s
    parts: dict[int, bytes] = {
        ws_client.STDOUT_CHANNEL: b"",
        ws_client.STDERR_CHANNEL: b"",
        ws_client.ERROR_CHANNEL: b"",
    }
    try:
        while stream.is_open():
            if time.monotonic() > deadline:
                raise TimeoutError(f"it did not end in {timeout_s:.0f} s")
            _as_os_error(lambda: stream.update(timeout=0.2))
        for channel in parts:
            parts[channel] = bytes(stream.read_channel(channel))
    finally:
        stream.close()
    output, errors, status = parts.values()
    return Ended(_exit_code(status), output.decode(errors="replace"), errors.decode(errors="replace"))


def _exit_code(status: bytes) -> int:
    """From the Status object that ends an exec (``k8s.io/client-go/tools/remotecommand``, v4 of the protocol)."""
    document = yaml.safe_load(status) or {}
    if document.get("status") == "Success":
        return 0
    causes = (document.get("details") or {}).get("causes") or []
    codes = [int(cause["message"]) for cause in causes if cause.get("reason") == "ExitCode"]
    if not codes:
        raise ConnectionError(str(document.get("message") or "it ended without a word about how"))
    return codes[0]


def _as_os_error(act: Callable[[], bytes | None]) -> bytes:
    try:
        return act() or b""
    except websocket.WebSocketException as error:
        raise ConnectionError(f"the stream broke off: {error}") from error
