"""The Kubernetes API as JSON: what the server says, unchanged, for every version alike.

The client's typed models know the fields of one Kubernetes version; the suite must see those of all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlencode

import urllib3
import websocket
from kubernetes import client
from kubernetes.config import ConfigException, kube_config
from kubernetes.stream.ws_client import WSClient, get_websocket_url
from kubernetes.utils.keepalive import tcp_keepalive_socket_options

from clusters.contract import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: An object of the API, as JSON.
Json = dict[str, Any]
#: What a patch consists of: a part of an object, or a JSON patch's list of operations.
PatchDocument = Mapping[str, Any] | Sequence[Mapping[str, Any]]

STRATEGIC_MERGE = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
SERVER_SIDE_APPLY = "application/apply-patch+yaml"


class ApiError(Exception):
    """The API server answered with an error; the message is the server's own.

    Attributes:
        status: The HTTP status code.
        reason: The Status object's reason, such as ``Invalid``.
        causes: The Status object's ``details.causes``.
    """

    def __init__(self, status: int, body: str) -> None:
        self.status = status
        try:
            document = json.loads(body)
        except ValueError:
            document = {}
        self.reason = str(document.get("reason", ""))
        self.message = str(document.get("message", body.strip()))
        self.causes = cast("list[dict[str, str]]", (document.get("details") or {}).get("causes") or [])
        super().__init__(f"HTTP {status} {self.reason}: {self.message}")


class ApiUnreachableError(ClusterError):
    """The API server could not be reached at all: nothing is known about what it would have said."""


class ExecStream(Protocol):
    """The standard streams of a command in a container: the client's WSClient, which has no types."""

    def write_stdin(self, data: bytes) -> None:
        """Send to its standard input."""

    def read_stdout(self, timeout: float | None = None) -> bytes:
        """What it has printed since the last call; waits for something if there is nothing."""
        ...

    def read_channel(self, channel: int, timeout: float = 0) -> bytes:
        """The same of one of the protocol's channels."""
        ...

    def update(self, timeout: float = 0) -> None:
        """Take in what has come, and wait for something if nothing has."""

    def is_open(self) -> bool:
        """Whether it may go on."""
        ...

    def close(self) -> None:
        """End it."""


#: A load balancer may drop a watch on which nothing came for a while, and tell nobody. The kernel finds that out within
#: 35 s, which is less than a resize may take; client-go's probes take three minutes.
KEEPALIVE_S = 20
KEEPALIVE_PROBE_S = 5
KEEPALIVE_PROBES = 3


class KubeApi:
    """One cluster's API. Safe to share between threads; every request has a time limit.

    Args:
        kubeconfig: The file, or several with colons between them, as in ``KUBECONFIG``.
        context: The one to use; the file's own choice by default.
        timeout_s: How long an answer may keep silent, where a request does not say.
        token: Whose requests these are, in place of the kubeconfig's user.

    Raises:
        ClusterError: The kubeconfig is missing, or is none.
    """

    def __init__(
        self,
        kubeconfig: Path | str,
        *,
        context: str | None = None,
        timeout_s: float = 30.0,
        token: str | None = None,
    ) -> None:
        loaded = client.Configuration()
        load: Callable[..., None] = kube_config.load_kube_config
        try:
            load(config_file=str(kubeconfig), context=context, client_configuration=loaded)
        except ConfigException as error:
            # As when somebody else removed the cluster meanwhile.
            raise ClusterError(f"kubeconfig {kubeconfig} can't be used: {error}") from error
        if token is not None:
            loaded.api_key, loaded.api_key_prefix = {"BearerToken": f"Bearer {token}"}, {}
            loaded.refresh_api_key_hook = loaded.cert_file = loaded.key_file = None
        self._kubeconfig, self._context = kubeconfig, context
        self._configuration = loaded
        self._timeout_s = timeout_s
        self._pool = urllib3.PoolManager(
            cert_reqs="CERT_REQUIRED" if loaded.verify_ssl else "CERT_NONE",
            ca_certs=loaded.ssl_ca_cert,
            cert_file=loaded.cert_file,
            key_file=loaded.key_file,
            server_hostname=loaded.tls_server_name,
            maxsize=8,
            # A retry would hide from the timeline when a request was really made.
            retries=False,
            socket_options=tcp_keepalive_socket_options(
                idle=KEEPALIVE_S, interval=KEEPALIVE_PROBE_S, count=KEEPALIVE_PROBES
            ),
        )

    def as_user(self, token: str) -> KubeApi:
        """The same cluster's API for another user."""
        return KubeApi(self._kubeconfig, context=self._context, timeout_s=self._timeout_s, token=token)

    @property
    def server(self) -> str:
        """Where the API server is, as the kubeconfig has it."""
        return str(self._configuration.host)

    def get(self, path: str, **query: str | float) -> Json:
        """The object or list at ``path``."""
        return self._json("GET", path, query=query)

    def text(self, path: str, **query: str | float) -> str:
        """What ``path`` answers, as text: logs, metrics, health."""
        return self._text("GET", path, query=query)

    def create(self, path: str, document: Mapping[str, Any]) -> Json:
        """Create ``document`` in the collection at ``path``."""
        return self._json("POST", path, body=document)

    def replace(self, path: str, document: Mapping[str, Any]) -> Json:
        """Put ``document`` in the place of the object at ``path``."""
        return self._json("PUT", path, body=document)

    def patch(
        self, path: str, document: PatchDocument, *, content_type: str = STRATEGIC_MERGE, **query: str | float
    ) -> Json:
        """Patch the object at ``path``, by strategic merge unless told otherwise."""
        return self._json("PATCH", path, body=document, content_type=content_type, query=query)

    def apply(self, path: str, document: Mapping[str, Any]) -> Json:
        """Create or update the object at ``path`` by server-side apply."""
        return self.patch(
            path, document, content_type=SERVER_SIDE_APPLY, fieldManager="resize-conformance", force="true"
        )

    def delete(self, path: str, *, grace_period_s: int | None = None) -> None:
        """Delete the object at ``path``; one that is gone already is as good."""
        query: dict[str, str | float] = {} if grace_period_s is None else {"gracePeriodSeconds": grace_period_s}
        try:
            self._text("DELETE", path, query=query)
        except ApiError as error:
            if error.status != 404:
                raise

    def watch(self, path: str, *, timeout_s: float, **query: str | float) -> Iterator[Json]:
        """Events (``{"type": ..., "object": ...}``) of the collection at ``path``, until ``timeout_s`` have passed.

        Raises:
            ApiError: The watch was refused or broke off with an error event, such as 410 Gone.
        """
        response = self._send(
            "GET", path, query={**query, "watch": "true", "timeoutSeconds": int(timeout_s)}, timeout_s=timeout_s + 5
        )
        rest = b""
        try:
            for chunk in response.stream(1 << 16):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in filter(None, lines):
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise ApiError(int(event["object"].get("code", 500)), json.dumps(event["object"]))
                    yield event
        except urllib3.exceptions.HTTPError as error:
            raise ApiUnreachableError(f"the watch of {path} broke off: {error}") from error
        finally:
            response.close()

    def exec(self, pod_path: str, command: Sequence[str], *, stdin: bool = False) -> ExecStream:
        """Run a command in a pod's only container, and return the WebSocket that its standard streams come through.

        Raises:
            ApiError: The server refuses, or the kubelet does.
            ApiUnreachableError: It can't be reached.
        """
        query = [("command", word) for word in command] + [("stdout", "true"), ("stderr", "true")]
        query += [("stdin", "true")] if stdin else []
        address: Callable[..., str] = get_websocket_url
        url = address(f"{self._configuration.host}{pod_path}/exec", query)
        token = self._token()
        headers = {"authorization": token} if token else {}
        connect: Callable[..., ExecStream] = WSClient
        try:
            return connect(self._configuration, url, headers, capture_all=False, binary=True)
        except websocket.WebSocketBadStatusException as error:
            body = error.resp_body or b""
            raise ApiError(error.status_code, body.decode(errors="replace")) from error
        except (OSError, websocket.WebSocketException) as error:
            raise ApiUnreachableError(f"exec in {pod_path}: the API server can't be reached: {error}") from error

    def _token(self) -> str | None:
        token: str | None = self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        return token

    def _json(self, method: str, path: str, **options: Any) -> Json:
        return cast("Json", json.loads(self._text(method, path, **options)))

    def _text(self, method: str, path: str, **options: Any) -> str:
        response = self._send(method, path, **options)
        try:
            return response.data.decode()
        finally:
            response.release_conn()

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: PatchDocument | None = None,
        content_type: str = "application/json",
        query: Mapping[str, str | float] | None = None,
        timeout_s: float | None = None,
    ) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json, */*", "User-Agent": "resize-conformance"}
        if body is not None:
            headers["Content-Type"] = content_type
        if token := self._token():
            headers["Authorization"] = token
        url = f"{self._configuration.host}{path}" + (f"?{urlencode(query)}" if query else "")
        encoded = None if body is None else json.dumps(body)
        try:
            response = self._pool.request(
                method,
                url,
                body=encoded,
                headers=headers,
                timeout=urllib3.Timeout(
                    connect=min(5.0, self._timeout_s), read=self._timeout_s if timeout_s is None else timeout_s
                ),
                preload_content=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise ApiUnreachableError(f"{method} {path}: the API server can't be reached: {error}") from error
        if response.status >= 400:
            text = response.data.decode(errors="replace")
            response.release_conn()
            raise ApiError(response.status, text)
        return response
