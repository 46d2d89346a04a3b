"""A stand-in for one cluster's API: lists and watches that a test scripts, and a memory of what was written."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from clusters.api import STRATEGIC_MERGE, Json, KubeApi, PatchDocument

#: What a script step does in place of an event: ends the request as a server does at its time limit.
END = "end of the watch"

Step = Json | Exception | str


class ApiOfObjects(KubeApi):
    """Lists answer ``lists`` one after the other (the last one for ever); watches hand out what :meth:`tell` brings."""

    def __init__(self, *lists: Json | Exception) -> None:
        self.lists = deque(lists or [list_of()])
        self.patches: list[tuple[str, Json]] = []
        self.puts: list[tuple[str, Json]] = []
        self.refusals: deque[Exception] = deque()
        self.watched_from: list[str] = []
        self.readiness: list[Exception | None] = []
        self.texts: deque[str] = deque()
        self._steps: queue.Queue[Step] = queue.Queue()

    def tell(self, *steps: Step) -> None:
        """Let the running watch, or the next one, bring these: events, an error, or its end."""
        for step in steps:
            self._steps.put(step)

    def get(self, path: str, **query: str | float) -> Json:
        answer = self.lists.popleft() if len(self.lists) > 1 else self.lists[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def text(self, path: str, **query: str | float) -> str:
        if path == "/readyz":
            answer = self.readiness.pop(0) if self.readiness else None
            if answer is not None:
                raise answer
            return "ok"
        return self.texts.popleft() if len(self.texts) > 1 else self.texts[0]

    def patch(
        self, path: str, document: PatchDocument, *, content_type: str = STRATEGIC_MERGE, **query: str | float
    ) -> Json:
        assert isinstance(document, Mapping)
        self.patches.append((path, dict(document)))
        if self.refusals:
            raise self.refusals.popleft()
        return {}

    def replace(self, path: str, document: Mapping[str, Any]) -> Json:
        self.puts.append((path, dict(document)))
        if self.refusals:
            raise self.refusals.popleft()
        return dict(document)

    def watch(self, path: str, *, timeout_s: float, **query: str | float) -> Iterator[Json]:
        self.watched_from.append(str(query["resourceVersion"]))
        while True:
            try:
                step = self._steps.get(timeout=10)
            except queue.Empty:
                return
            if isinstance(step, Exception):
                raise step
            if isinstance(step, str):
                return
            yield step


def list_of(*items: Json, version: str = "100") -> Json:
    """A list as the API gives it."""
    return {"items": list(items), "metadata": {"resourceVersion": version}}


def event(kind: str, name: str, version: str) -> Json:
    """One event of a watch."""
    return {"type": kind, "object": {"metadata": {"name": name, "resourceVersion": version}}}
