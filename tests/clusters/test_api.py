from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest
from urllib3.connection import HTTPConnection

from clusters.api import ApiError, ApiUnreachableError, KubeApi
from clusters.contract import ClusterError
from tests.clusters.api_server import FakeApi, error_status, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def fake() -> Iterator[FakeApi]:
    with served() as server:
        yield server


@pytest.fixture
def api(fake: FakeApi, tmp_path: Path) -> KubeApi:
    return KubeApi(fake.kubeconfig(tmp_path, token="secret-token"))


def test_error_of_the_server_is_kept_whole() -> None:
    cause = {"field": "spec.containers[0].resources", "message": "forbidden", "reason": "FieldValueForbidden"}
    error = ApiError(422, error_status(422, "Invalid", 'Pod "p" is invalid', [cause]))
    assert (error.status, error.reason, error.message) == (422, "Invalid", 'Pod "p" is invalid')
    assert error.causes == [cause]
    assert str(error) == 'HTTP 422 Invalid: Pod "p" is invalid'


@pytest.mark.parametrize("body", ["", "upstream connect error\n", '{"details": null}'])
def test_error_that_is_no_status_object(body: str) -> None:
    error = ApiError(503, body)
    assert (error.status, error.reason, error.causes) == (503, "", [])
    assert error.message == body.strip()


def test_refusal_raises(fake: FakeApi, api: KubeApi) -> None:
    fake.status, fake.answer = 403, error_status(403, "Forbidden", "you may not")
    with pytest.raises(ApiError, match="HTTP 403 Forbidden: you may not"):
        api.get("/api/v1/pods")
    # The connection is fit for the next request.
    fake.status, fake.answer = 200, '{"kind": "PodList"}'
    assert api.get("/api/v1/pods", limit=1) == {"kind": "PodList"}
    assert [request.path for request in fake.asked] == ["/api/v1/pods", "/api/v1/pods?limit=1"]
    assert fake.asked[0].headers["Authorization"] == "Bearer secret-token"


def test_patch_kinds(fake: FakeApi, api: KubeApi) -> None:
    api.patch("/p", {"a": 1})
    api.patch("/p", {"a": 1}, content_type="application/json-patch+json")
    api.apply("/p", {"a": 1})
    assert [request.headers["Content-Type"] for request in fake.asked] == [
        "application/strategic-merge-patch+json",
        "application/json-patch+json",
        "application/apply-patch+yaml",
    ]
    assert all(json.loads(request.body) == {"a": 1} for request in fake.asked)
    assert "fieldManager=resize-conformance" in fake.asked[2].path


def test_deleting_what_is_gone_is_as_good(fake: FakeApi, api: KubeApi) -> None:
    fake.status, fake.answer = 404, error_status(404, "NotFound", "no such pod")
    api.delete("/p", grace_period_s=0)
    assert (fake.asked[0].method, fake.asked[0].path) == ("DELETE", "/p?gracePeriodSeconds=0")
    fake.status = 409
    with pytest.raises(ApiError, match="HTTP 409"):
        api.delete("/p")


def _lines(*events: object) -> str:
    return "".join(json.dumps(event) + "\n" for event in events)


def test_watch_yields_events(fake: FakeApi, api: KubeApi) -> None:
    events = [{"type": "ADDED", "object": {"n": 1}}, {"type": "MODIFIED", "object": {"n": "x" * 200_000}}]
    fake.answer = _lines(*events)
    assert list(api.watch("/p", timeout_s=3, resourceVersion="7")) == events
    assert fake.asked[0].path == "/p?resourceVersion=7&watch=true&timeoutSeconds=3"


def test_watch_that_breaks_off_raises_after_its_events(fake: FakeApi, api: KubeApi) -> None:
    gone = {"type": "ERROR", "object": json.loads(error_status(410, "Expired", "too old resource version"))}
    fake.answer = _lines({"type": "ADDED", "object": {}}, gone)
    seen: list[str] = []
    with pytest.raises(ApiError, match="HTTP 410 Expired: too old") as caught:
        seen.extend(event["type"] for event in api.watch("/p", timeout_s=3))
    assert caught.value.status == 410
    assert seen == ["ADDED"]


def test_unreachable_server_is_no_answer(fake: FakeApi, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        fake.port = closed.getsockname()[1]
    api = KubeApi(fake.kubeconfig(tmp_path))
    with pytest.raises(ApiUnreachableError, match="GET /readyz: the API server can't be reached") as caught:
        api.text("/readyz")
    assert isinstance(caught.value, ClusterError)
    assert not isinstance(caught.value, ApiError)


def test_connection_that_goes_dead_is_found_out_by_the_kernel(api: KubeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    names = (socket.TCP_NODELAY, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    found: list[int] = []
    connect = HTTPConnection.connect

    def look(self: HTTPConnection) -> None:
        connect(self)
        found.append(self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
        found.extend(self.sock.getsockopt(socket.IPPROTO_TCP, name) for name in names)

    monkeypatch.setattr(HTTPConnection, "connect", look)
    api.text("/readyz")
    assert found == [1, 1, 20, 5, 3]
