"""Objects other than pods, each under a watch: a case waits for what the object says, and is told what it said."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from resize.observer import ConformanceError
from resize.watch import ObjectWatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from clusters.api import Json, KubeApi

#: A controller answers a change within a second; a loaded machine gets this long.
ANSWER_DEADLINE_S = 30.0


class WatchedObject:
    """One object by its name, from now on until closed.

    Args:
        api: The cluster's API.
        collection: The path of the collection that it is in.
        name: Its name.
    """

    def __init__(self, api: KubeApi, collection: str, name: str) -> None:
        self.api = api
        self.name = name
        self.path = f"{collection}/{name}"
        self._changed = threading.Condition()
        self._newest: Json | None = None
        self._failure: Exception | None = None
        self._watch = ObjectWatch(api, collection, f"metadata.name={name}", self._on_object, self._on_failure)
        self._watch.start()

    def close(self) -> None:
        """Stop watching."""
        self._watch.close()

    def read(self) -> Json:
        """What the API server has now, which the watch may not have brought yet."""
        return self.api.get(self.path)

    def until(
        self,
        right: Callable[[Json], bool],
        *,
        what: str,
        shown: Callable[[Json], Any],
        deadline_s: float = ANSWER_DEADLINE_S,
        stable_s: float = 0.0,
    ) -> Json:
        """Wait until the object is as it should be, and stays so for ``stable_s``.

        Args:
            right: Whether it is.
            what: What is waited for, for the message.
            shown: The part of the object that the message is to show.
            deadline_s: How long from now.
            stable_s: How long it must stay right.

        Raises:
            ConformanceError: It is not by then.
            ApiUnreachableError: The API server went away.
        """
        __tracebackhide__ = True
        begun = time.monotonic()
        since: float | None = None
        with self._changed:
            while True:
                now = time.monotonic()
                if self._failure is not None:
                    raise self._failure
                fits = self._newest is not None and right(self._newest)
                since = (since or now) if fits else None
                if since is not None and self._newest is not None and now - since >= stable_s:
                    return self._newest
                left = begun + deadline_s + stable_s - now
                if left <= 0:
                    told = "nothing, it is not there" if self._newest is None else shown(self._newest)
                    raise ConformanceError(f"{self.name}: {what}: not within {deadline_s:.0f} s; it has {told}")
                self._changed.wait(left if since is None else min(left, since + stable_s - now + 0.001))

    def _on_object(self, kind: str, document: Json, _at: float) -> None:
        with self._changed:
            self._newest = None if kind == "DELETED" else document
            self._changed.notify_all()

    def _on_failure(self, error: Exception) -> None:
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()
