"""One watch on one pod, and one on its events, each in a thread: whatever the API server says is passed on at once."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from clusters.api import ApiError, ApiUnreachableError, KubeApi

if TYPE_CHECKING:
    from collections.abc import Callable

#: How long one watch request may last; a new one takes over where it ended.
WATCH_S = 300.0
#: After the API server went away; it is no busy wait for a server that is gone.
RETRY_S = 0.2


class ObjectWatch:
    """Lists a collection, then watches it on from that very version, so that nothing is missed or seen twice.

    Args:
        api: The cluster's API.
        path: The collection's path.
        selector: A field selector.
        on_object: Called in the watch's thread with (type, object, monotonic time of arrival), where the type is ADDED,
            MODIFIED or DELETED.
        on_failure: Called once if the API server can't be reached any more.
    """

    def __init__(
        self,
        api: KubeApi,
        path: str,
        selector: str,
        on_object: Callable[[str, dict[str, Any], float], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._api = api
        self._path = path
        self._selector = selector
        self._on_object = on_object
        self._on_failure = on_failure
        self._closed = threading.Event()
        self._patient = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"watch {selector}")

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def bear_outage(self, *, on: bool) -> None:
        """Say whether the API server may be away: then it is asked until it is there again, and all is listed anew."""
        if on:
            self._patient.set()
        else:
            self._patient.clear()

    def close(self) -> None:
        """Stop passing objects on. The thread ends with its request, and with the process at the latest."""
        self._closed.set()

    def _run(self) -> None:
        try:
            while not self._closed.is_set():
                try:
                    self._list_and_watch()
                except ApiError as error:
                    # 410: the version is too old to go on from; list anew. 404: the namespace is gone, and so are we.
                    if error.status != 410:
                        # A server that has just come up may refuse anybody.
                        if not self._patient.is_set():
                            raise
                        self._closed.wait(RETRY_S)
                except ApiUnreachableError:
                    # One broken connection is no broken cluster; a second refusal is.
                    if self._closed.wait(RETRY_S):
                        return
                    if not self._patient.is_set():
                        self._api.text("/readyz")
        except (ApiError, ApiUnreachableError) as error:
            if not self._closed.is_set():
                self._on_failure(error)
        except Exception as error:
            # Whatever it is: a thread that just ends leaves an object behind that looks like the newest one.
            self._on_failure(error)
            raise

    def _list_and_watch(self) -> None:
        listed = self._api.get(self._path, fieldSelector=self._selector)
        for item in listed["items"]:
            self._pass("ADDED", item)
        version = listed["metadata"]["resourceVersion"]
        while not self._closed.is_set():
            for event in self._api.watch(
                self._path, timeout_s=WATCH_S, fieldSelector=self._selector, resourceVersion=version
            ):
                if self._closed.is_set():
                    return
                version = event["object"]["metadata"]["resourceVersion"]
                self._pass(event["type"], event["object"])

    def _pass(self, kind: str, document: dict[str, Any]) -> None:
        if not self._closed.is_set():
            self._on_object(kind, document, time.monotonic())
