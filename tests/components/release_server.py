"""An HTTP server with the layout of the release hosts, faults included."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clusters.components.pins import Project


@dataclass
class ReleaseServer:
    """What is served, and what was asked for.

    Attributes:
        url: The server's address, for ``--mirror``.
        files: Content by path.
        cut: Paths whose bodies end after half of the announced length.
        requests: Every path that was asked for, in order.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)

    def publish(self, project: Project) -> None:
        """Serve a project's release: each component says its own name when it is run."""
        assert project.release is not None
        contents = {component: f"#!/bin/sh\necho {component}\n".encode() for component in project.components}
        by_path: dict[str, dict[str, bytes]] = {}
        checksum_paths = {}
        for component, content in contents.items():
            path = urlsplit(project.fill(project.release.url, component=component)).path
            checksum_paths[path] = urlsplit(project.fill(project.release.checksum_url, component=component)).path
            member = project.fill(project.release.member or "", component=component)
            by_path.setdefault(path, {})[member] = content
        for path, members in by_path.items():
            self.files[path] = members[""] if "" in members else _gzipped_tar(members)
            name = path.rsplit("/", 1)[1]
            digest = hashlib.sha256(self.files[path]).hexdigest()
            # dl.k8s.io serves the bare digest, GitHub's projects publish what sha256sum prints, several files in one.
            bare = checksum_paths[path] == f"{path}.sha256" and project.name == "kubernetes"
            text = digest if bare else f"{'0' * 64}  another-file\n{digest}  {name}\n"
            self.files[checksum_paths[path]] = text.encode()


def _gzipped_tar(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@contextmanager
def serve_releases() -> Iterator[ReleaseServer]:
    """Run a release server on a free port of the loopback interface."""
    state = ReleaseServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append(self.path)
            body = state.files.get(self.path)
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if self.path in state.cut else body)

        def log_message(self, *arguments: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
