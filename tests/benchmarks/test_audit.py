from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.audit import AuditLog


def event(audit_id: str, *, agent: str = "resize-conformance", **more: Any) -> str:
    reference = {"resource": "pods", "namespace": "one", "name": "p"}
    common = {"auditID": audit_id, "userAgent": agent, "verb": "get", "requestURI": "/x", "objectRef": reference}
    return json.dumps({**common, **more}) + "\n"


def test_a_watch_counts_once_and_others_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_text(event("before"), encoding="utf-8")
    log = AuditLog(path)
    mark = log.mark()
    with path.open("a", encoding="utf-8") as file:
        file.write(event("1", verb="watch") + event("2", agent="e2e.test/v1.37.2 -- a case") + event("1", verb="watch"))
    assert [request.id for request in log.since(mark, "resize-conformance")] == ["1"]
    assert [request.id for request in log.since(mark, "e2e.test/")] == ["2"]


def test_a_request_is_read(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    reference = {"resource": "pods", "subresource": "resize", "namespace": "one", "name": "p"}
    status = {"code": 422}
    path.write_text(
        event("1", verb="patch", objectRef=reference, responseStatus=status, requestObject={"spec": {}})
        + event("2", objectRef=None, requestURI="/version"),
        encoding="utf-8",
    )
    patch, version = AuditLog(path).since(0, "")
    assert (patch.resource, patch.code, patch.body) == ("pods/resize", 422, {"spec": {}})
    assert (version.resource, version.namespace) == ("/version", "")
