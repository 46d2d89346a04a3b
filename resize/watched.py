"""Objects other than a case's own pods, under a watch: a case waits for what they say, and is told what they said."""

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


class WatchedCollection:
    """The objects of a collection, from now on until closed.

    Args:
        api: The cluster's API.
        collection: The collection's path.
        selector: A field selector; all of its objects by default.
    """

    def __init__(self, api: KubeApi, collection: str, selector: str = "") -> None:
        self.api = api
        self._changed = threading.Condition()
        self._objects: dict[str, Json] = {}
        self._failure: Exception | None = None
        self._watch = ObjectWatch(api, collection, selector, self._on_object, self._on_failure)
        self._watch.start()

    def close(self) -> None:
        """Stop watching."""
        self._watch.close()

    def until_all(
        self,
        right: Callable[[list[Json]], bool],
        *,
        what: str,
        shown: Callable[[Json], Any],
        deadline_s: float = ANSWER_DEADLINE_S,
        stable_s: float = 0.0,
    ) -> list[Json]:
        """Wait until the objects are as they should be, and stay so for ``stable_s``.

        Args:
            right: Whether they are.
            what: What is waited for, for the message.
            shown: The part of each object that the message is to show.
            deadline_s: How long from now.
            stable_s: How long they must stay right.

        Raises:
            ConformanceError: They are not by then.
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
                objects = list(self._objects.values())
                since = (since or now) if right(objects) else None
                if since is not None and now - since >= stable_s:
                    return objects
                left = begun + deadline_s + stable_s - now
                if left <= 0:
                    told = [shown(document) for document in objects] or "nothing, it is not there"
                    raise ConformanceError(f"{what}: not within {deadline_s:.0f} s; there is {told}")
                self._changed.wait(left if since is None else min(left, since + stable_s - now + 0.001))

    def _on_object(self, kind: str, document: Json, _at: float) -> None:
        with self._changed:
            # An object that was missed while the watch was down comes back under its own name, as another one.
            name = document["metadata"]["name"]
            if kind == "DELETED":
                self._objects.pop(name, None)
            else:
                self._objects[name] = document
            self._changed.notify_all()

    def _on_failure(self, error: Exception) -> None:
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()


class WatchedObject(WatchedCollection):
    """One object by its name.

    Args:
        api: The cluster's API.
        collection: The path of the collection that it is in.
        name: Its name.
    """

    def __init__(self, api: KubeApi, collection: str, name: str) -> None:
        super().__init__(api, collection, f"metadata.name={name}")
        self.name = name
        self.path = f"{collection}/{name}"

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
        """Wait until the object is there and as it should be; see :meth:`WatchedCollection.until_all`."""
        __tracebackhide__ = True
        (found,) = self.until_all(
            lambda objects: len(objects) == 1 and right(objects[0]),
            what=f"{self.name}: {what}",
            shown=shown,
            deadline_s=deadline_s,
            stable_s=stable_s,
        )
        return found
