from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any

import pytest

from clusters.api import ApiError, ApiUnreachableError
from resize import watch
from resize.watch import ObjectWatch
from tests.clusters.api_server import error_status
from tests.resize.api_of_objects import END, ApiOfObjects, event, list_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GONE = ApiError(410, error_status(410, "Expired", "too old resource version"))
BROKEN = ApiUnreachableError("the watch of /pods broke off")


class Seen:
    """What one watch passed on."""

    def __init__(self) -> None:
        self.objects: queue.Queue[tuple[str, str]] = queue.Queue()
        self.failures: queue.Queue[Exception] = queue.Queue()

    def on_object(self, kind: str, document: dict[str, Any], at: float) -> None:
        self.objects.put((kind, document["metadata"]["name"]))

    def next(self, count: int = 1) -> list[tuple[str, str]]:
        return [self.objects.get(timeout=5) for _ in range(count)]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[ApiOfObjects], Seen]]:
    monkeypatch.setattr(watch, "RETRY_S", 0.01)
    started: list[tuple[ApiOfObjects, ObjectWatch]] = []

    def begin(api: ApiOfObjects) -> Seen:
        seen = Seen()
        one = ObjectWatch(api, "/pods", "metadata.name=p", seen.on_object, seen.failures.put)
        one.start()
        started.append((api, one))
        return seen

    yield begin
    for api, one in started:
        one.close()
        api.tell(END)
        one._thread.join(5)
        assert not one._thread.is_alive()


def test_list_comes_first_and_the_watch_goes_on_from_it(start: Callable[[ApiOfObjects], Seen]) -> None:
    api = ApiOfObjects(list_of(event("", "p", "90")["object"], version="100"))
    seen = start(api)
    api.tell(event("MODIFIED", "p", "101"), event("DELETED", "p", "102"))
    assert seen.next(3) == [("ADDED", "p"), ("MODIFIED", "p"), ("DELETED", "p")]
    assert api.watched_from == ["100"]


def test_watch_that_ends_by_its_time_limit_goes_on_where_it_was(start: Callable[[ApiOfObjects], Seen]) -> None:
    api = ApiOfObjects(list_of(version="100"))
    seen = start(api)
    api.tell(event("MODIFIED", "p", "105"), END, event("MODIFIED", "q", "106"))
    assert seen.next(2) == [("MODIFIED", "p"), ("MODIFIED", "q")]
    assert api.watched_from == ["100", "105"]


def test_version_that_is_too_old_is_listed_anew(start: Callable[[ApiOfObjects], Seen]) -> None:
    api = ApiOfObjects(list_of(version="100"), list_of(event("", "fresh", "199")["object"], version="200"))
    seen = start(api)
    api.tell(GONE, event("MODIFIED", "p", "201"))
    assert seen.next(2) == [("ADDED", "fresh"), ("MODIFIED", "p")]
    assert api.watched_from == ["100", "200"]
    assert seen.failures.empty()


def test_one_broken_stream_is_no_failure(start: Callable[[ApiOfObjects], Seen]) -> None:
    api = ApiOfObjects(list_of(version="100"), list_of(event("", "still", "100")["object"], version="100"))
    seen = start(api)
    api.tell(BROKEN, event("MODIFIED", "p", "101"))
    assert seen.next(2) == [("ADDED", "still"), ("MODIFIED", "p")]
    assert seen.failures.empty()


def test_server_that_is_gone_is_a_failure(start: Callable[[ApiOfObjects], Seen]) -> None:
    api = ApiOfObjects(list_of(version="100"))
    refused = ApiUnreachableError("GET /readyz: the API server can't be reached")
    api.readiness = [refused]
    seen = start(api)
    api.tell(BROKEN)
    assert seen.failures.get(timeout=5) is refused


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_anything_else_that_ends_the_watch_is_a_failure_too(start: Callable[[ApiOfObjects], Seen]) -> None:
    seen = start(ApiOfObjects({"items": []}))
    assert isinstance(seen.failures.get(timeout=5), KeyError)


def test_outage_that_is_expected_is_no_failure() -> None:
    refusal = ApiError(403, error_status(403, "Forbidden", "not yet"))
    back = list_of(event("", "still", "200")["object"], version="200")
    api, seen = ApiOfObjects(list_of(version="100"), BROKEN, refusal, back), Seen()
    one = ObjectWatch(api, "/pods", "metadata.name=p", seen.on_object, seen.failures.put)
    one.bear_outage(on=True)
    one.start()
    api.tell(BROKEN, event("MODIFIED", "p", "201"))
    assert seen.next(2) == [("ADDED", "still"), ("MODIFIED", "p")]
    assert seen.failures.empty()
    one.close()
    api.tell(END)
    one._thread.join(5)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_refused_list_is_a_failure(start: Callable[[ApiOfObjects], Seen], status: int) -> None:
    refusal = ApiError(status, error_status(status, "Whatever", "no"))
    assert start(ApiOfObjects(refusal)).failures.get(timeout=5) is refusal


def test_nothing_is_passed_on_once_closed() -> None:
    api, seen = ApiOfObjects(list_of(version="100")), Seen()
    one = ObjectWatch(api, "/pods", "metadata.name=p", seen.on_object, seen.failures.put)
    one.start()
    api.tell(event("ADDED", "p", "101"))
    seen.next()
    one.close()
    api.tell(event("MODIFIED", "p", "102"), BROKEN)
    one._thread.join(5)
    assert not one._thread.is_alive()
    assert (seen.objects.empty(), seen.failures.empty()) == (True, True)
