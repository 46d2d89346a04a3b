"""A stand-in for a cluster's API server: keeps objects by their path, and answers what a survey asks."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
GATE = 'kubernetes_feature_enabled{name="InPlacePodVerticalScaling",stage=""} 1\n'
NODE = "/api/v1/nodes/node-1"


def node(name: str = "node-1", **more: Any) -> dict[str, Any]:
    """A node with 2 CPUs and 4Gi."""
    info = {"kubeletVersion": "v1.37.2", "operatingSystem": "linux", "containerRuntimeVersion": "containerd://2.4.2"}
    return {
        "metadata": {"name": name},
        "spec": more.get("spec", {}),
        "status": {
            "nodeInfo": {**info, **more.get("info", {})},
            "allocatable": {"cpu": "2", "memory": "4Gi"},
            "conditions": [{"type": "Ready", "status": more.get("ready", "True")}],
            "images": [{"names": more.get("images", [])}],
        },
    }


class FakeCluster:
    """What is in the cluster, what its server answers besides, and what its user may not do."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, tuple[int, str]] = {}
        self.denied: set[tuple[str, str]] = set()
        self.asked: list[tuple[str, str]] = []
        self.port = 0
        self._version = 0
        self._lock = threading.Lock()
        self.answer("/version", {"gitVersion": "v1.37.2+k3s1"})
        self.answer("/api/v1", {"resources": [{"name": "pods"}, {"name": "pods/resize"}]})
        self.answer("/apis/metrics.k8s.io/v1beta1", {"resources": []})
        self.answer("/metrics", GATE)
        for kind in ("validatingwebhookconfigurations", "mutatingwebhookconfigurations", "validatingadmissionpolicies"):
            self.answer(f"/apis/admissionregistration.k8s.io/v1/{kind}", {"items": []})
        self.add_node(node())

    def add_node(self, document: dict[str, Any]) -> None:
        path = f"/api/v1/nodes/{document['metadata']['name']}"
        self.objects[path] = document
        configuration = {"memorySwap": {}, "cpuManagerPolicy": "none", "memoryManagerPolicy": "None"}
        endpoint = "unix:///run/k3s/containerd/containerd.sock"
        self.answer(f"{path}/proxy/configz", {"kubeletconfig": {**configuration, "containerRuntimeEndpoint": endpoint}})
        self.answer(f"{path}/proxy/metrics", f"{GATE}kubelet_cgroup_version 2\n")

    def answer(self, path: str, answer: Any, status: int = 200) -> None:
        """Let the server answer this, whatever there is."""
        self.answers[path] = (status, answer if isinstance(answer, str) else json.dumps(answer))

    def refuse(self, path: str, status: int = 403) -> None:
        self.answer(path, {"kind": "Status", "reason": "Forbidden", "message": f"no {path}"}, status)

    def paths(self, part: str) -> list[str]:
        """The paths of the objects that hold this text."""
        return sorted(path for path in self.objects if part in path)

    def kubeconfig(self, directory: Path) -> Path:
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "u", "user": {"token": "a-token-of-this-user"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        }
        path = directory / "user.kubeconfig"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return path

    def serve(self, method: str, address: str, body: dict[str, Any]) -> tuple[int, str]:
        """The answer to a request."""
        path, query = urlsplit(address).path, parse_qs(urlsplit(address).query)
        with self._lock:
            self.asked.append((method, path))
            if path in self.answers:
                return self.answers[path]
            if path == REVIEWS:
                return self._review(body["spec"])
            answers = {"GET": self._get, "POST": self._post, "PUT": self._put, "PATCH": self._patch}
            return answers.get(method, self._delete)(path, query, body)

    def _review(self, spec: dict[str, Any]) -> tuple[int, str]:
        asked = spec.get("resourceAttributes") or spec["nonResourceAttributes"]
        name = "/".join(filter(None, [asked.get("resource") or asked["path"], asked.get("subresource")]))
        return 201, json.dumps({"status": {"allowed": (asked["verb"], name) not in self.denied}})

    def _get(self, path: str, query: dict[str, list[str]], _: object) -> tuple[int, str]:
        if path in self.objects:
            return 200, json.dumps(self.objects[path])
        # A collection's last part is a plural; of a namespaced one all namespaces may be listed.
        parent, _, plural = path.rpartition("/")
        found = [
            item
            for key, item in self.objects.items()
            if key.rpartition("/")[0] == path
            or ("/namespaces/" not in path and key.startswith(f"{parent}/namespaces/") and key.split("/")[-2] == plural)
        ]
        if plural.endswith("s") or found:
            return 200, json.dumps({"items": [item for item in found if _selected(item, query)], "metadata": {}})
        return self._missing(path)

    def _post(self, path: str, _: object, body: dict[str, Any]) -> tuple[int, str]:
        key = f"{path}/{body['metadata']['name']}"
        if key in self.objects:
            return 409, json.dumps({"reason": "AlreadyExists", "message": f"{key} exists"})
        return 201, self._keep(key, {"status": {}, **body})

    def _put(self, path: str, _: object, body: dict[str, Any]) -> tuple[int, str]:
        if path not in self.objects:
            return self._missing(path)
        if body["metadata"]["resourceVersion"] != self.objects[path]["metadata"]["resourceVersion"]:
            return 409, json.dumps({"reason": "Conflict", "message": f"{path} was changed"})
        return 200, self._keep(path, body)

    def _patch(self, path: str, _: object, body: dict[str, Any]) -> tuple[int, str]:
        self.objects[path]["metadata"].setdefault("labels", {}).update(body["metadata"]["labels"])
        return 200, json.dumps(self.objects[path])

    def _delete(self, path: str, _: object, __: object) -> tuple[int, str]:
        gone = [
            key for key in self.objects if key == path or (path.startswith("/api/v1/namespaces/") and _in(key, path))
        ]
        for key in gone:
            del self.objects[key]
        return (200, "{}") if gone else self._missing(path)

    def _keep(self, path: str, document: dict[str, Any]) -> str:
        self._version += 1
        document["metadata"]["resourceVersion"] = str(self._version)
        self.objects[path] = document
        return json.dumps(document)

    @staticmethod
    def _missing(path: str) -> tuple[int, str]:
        return 404, json.dumps({"reason": "NotFound", "message": f"{path} not found"})


def _in(key: str, namespace: str) -> bool:
    return f"/namespaces/{namespace.rpartition('/')[2]}/" in key


def _selected(item: dict[str, Any], query: dict[str, list[str]]) -> bool:
    labels = item["metadata"].get("labels") or {}
    wanted = [part.split("=") for part in query.get("labelSelector", [""])[0].split(",") if part]
    nodes = [part.partition("=")[2] for part in query.get("fieldSelector", [])]
    return all(labels.get(name) == value for name, value in wanted) and all(
        item["spec"].get("nodeName") == name for name in nodes
    )


@contextmanager
def served() -> Iterator[FakeCluster]:
    """Serve a cluster until the end of the body."""
    cluster = FakeCluster()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            status, text = cluster.serve(self.command, self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.serve)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    cluster.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield cluster
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
