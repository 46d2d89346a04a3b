"""Who asked the API server for what: its own audit log, of which both sides' requests are counted.

The log names the client of each request (``userAgent``), which the API server's metrics don't. Format and policy:
https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: Of the components' requests nothing is kept: both sides talk as the admin. What pods are made of and patched with is
#: kept in full, as the floor is measured by sending it again.
POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Request
  users: [resize-conformance]
  verbs: [create, update, patch]
  resources: [{group: "", resources: [pods, pods/resize]}]
- level: Metadata
  users: [resize-conformance]
- level: None
"""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the API server."""

    id: str
    agent: str
    verb: str
    resource: str
    namespace: str
    name: str
    code: int
    body: Any = None

    @classmethod
    def of(cls, event: dict[str, Any]) -> Request:
        """Read an audit event."""
        reference = event.get("objectRef") or {}
        parts = (reference.get("resource"), reference.get("subresource"))
        return cls(
            id=event["auditID"],
            agent=event.get("userAgent", ""),
            verb=event["verb"],
            resource="/".join(part for part in parts if part) or event["requestURI"],
            namespace=reference.get("namespace", ""),
            name=reference.get("name", ""),
            code=(event.get("responseStatus") or {}).get("code", 0),
            body=event.get("requestObject"),
        )


class AuditLog:
    """The log of one API server, read as it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def mark(self) -> int:
        """A place in it: everything that comes later is after it."""
        return self._path.stat().st_size

    def since(self, mark: int, agent: str) -> list[Request]:
        """The requests after a mark of clients whose name begins with ``agent``, each once, in order."""
        with self._path.open("rb") as log:
            log.seek(mark)
            lines = log.read().splitlines()
        return [request for request in once(json.loads(line) for line in lines) if request.agent.startswith(agent)]


def once(events: Iterable[dict[str, Any]]) -> list[Request]:
    """One request for all its events: a watch has one when it starts and one when it ends."""
    found: dict[str, Request] = {}
    for event in events:
        found.setdefault(event["auditID"], Request.of(event))
    return list(found.values())
