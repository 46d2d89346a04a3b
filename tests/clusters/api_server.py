"""A local HTTP server that stands for an API server and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class FakeApi:
    """What the server answers, and what it was asked."""

    status: int = 200
    answer: str = "{}"
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    def kubeconfig(self, directory: Path, *, token: str | None = None) -> Path:
        """A kubeconfig that leads to the server."""
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "u", "user": {"token": token} if token else {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        }
        path = directory / "kubeconfig"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return path


def error_status(code: int, reason: str, message: str, causes: list[dict[str, str]] | None = None) -> str:
    """A Status object, as an API server writes it."""
    return json.dumps(
        {
            "kind": "Status",
            "status": "Failure",
            "code": code,
            "reason": reason,
            "message": message,
            "details": {"causes": causes or []},
        }
    )


@contextmanager
def served() -> Iterator[FakeApi]:
    """Serve until the end of the body."""
    api = FakeApi()

    class Handler(BaseHTTPRequestHandler):
        def serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            api.asked.append(
                Asked(self.command, self.path, dict(self.headers.items()), self.rfile.read(length).decode())
            )
            content = api.answer.encode()
            self.send_response(api.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.serve)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
