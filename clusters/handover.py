"""How a worker gets a cluster: it asks the pool in pytest's first process over a Unix socket of its user.

One request is one line of JSON: ``{"key": ...}`` asks for a cluster, ``{"key": ..., "cases": N}`` gives it back. So is
the answer, ``{"record": ...}`` (null when given back) or ``{"error": ...}``. It comes when the cluster is up, so that a
worker simply waits for it.
"""

from __future__ import annotations

import json
import socket
import socketserver
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters.contract import ClusterError, ClusterRecord
from clusters.variants import ClusterKey

if TYPE_CHECKING:
    from clusters.pool import ClusterPool


class PoolServer:
    """Serves a pool to the workers until closed."""

    def __init__(self, pool: ClusterPool) -> None:
        # A folder of its own, mode 0700: who can't enter it can't ask for clusters.
        self._directory = tempfile.TemporaryDirectory(prefix="resize-conformance-")
        self.address = str(Path(self._directory.name) / "pool")

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                request = json.loads(self.rfile.readline())
                key = ClusterKey.from_json(request["key"])
                try:
                    if "cases" in request:
                        pool.release(key, cases=request["cases"])
                        answer: dict[str, object] = {"record": None}
                    else:
                        answer = {"record": pool.get(key).to_json()}
                except ClusterError as error:
                    answer = {"error": str(error)}
                self.wfile.write(json.dumps(answer).encode() + b"\n")

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True

        self._server = Server(self.address, Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True, name="handover").start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._directory.cleanup()


class RemotePool:
    """A worker's view of the pool."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get(self, key: ClusterKey) -> ClusterRecord:
        """The running cluster for a key.

        Raises:
            ClusterError: It did not come up, or pytest's first process is gone.
        """
        return ClusterRecord.from_json(self._ask({"key": key.to_json()})["record"])

    def release(self, key: ClusterKey, *, cases: int) -> None:
        """Say that a case is done with a cluster, see :meth:`clusters.pool.ClusterPool.release`."""
        self._ask({"key": key.to_json(), "cases": cases})

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(self._address)
                connection.sendall(json.dumps(request).encode() + b"\n")
                with connection.makefile("r", encoding="utf-8") as answers:
                    answer: dict[str, Any] = json.loads(
                        answers.readline() or '{"error": "pytest\'s first process is gone"}'
                    )
        except OSError as error:
            raise ClusterError(f"the process that owns the clusters can't be reached: {error}") from error
        if "error" in answer:
            raise ClusterError(answer["error"])
        return answer
