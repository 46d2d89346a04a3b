"""Many questions to one API server at a time, where an answer that does not come is an answer too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

from clusters.api import ApiError, ApiUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from clusters.api import Json, KubeApi

Found = TypeVar("Found")
#: The questions asked at a time; the client keeps eight connections open.
AT_A_TIME = 8


class Answer(Generic[Found]):
    """What came of a question; whoever looks at it waits for it."""

    def __init__(self, future: Future[Found]) -> None:
        self._future = future

    @property
    def value(self) -> Found | None:
        """The answer; None if there is none."""
        return None if self._error else self._future.result()

    @property
    def status(self) -> int:
        """The HTTP status: 200 with a value, 0 if the server kept silent."""
        error = self._error
        return error.status if isinstance(error, ApiError) else 0 if error else 200

    @property
    def why(self) -> str:
        """Why there is no value, in a few words; empty if there is one."""
        match self.status:
            case 200:
                return ""
            case 0:
                return "no answer in time"
            case 401 | 403:
                return "this user may not see it"
            case 404:
                return "there is none"
            case status:
                return f"the server answered with HTTP {status}"

    @property
    def _error(self) -> ApiError | ApiUnreachableError | None:
        error = self._future.exception()
        if error is None or isinstance(error, ApiError | ApiUnreachableError):
            return error
        raise error


class Asking:
    """Asks until closed."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api
        self._pool = ThreadPoolExecutor(max_workers=AT_A_TIME, thread_name_prefix="asking")

    def __enter__(self) -> Asking:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def get(self, path: str, **query: str | float) -> Answer[Json]:
        """Ask for an object or a list."""
        return Answer(self._pool.submit(self._api.get, path, **query))

    def text(self, path: str) -> Answer[str]:
        """Ask for a text."""
        return Answer(self._pool.submit(self._api.text, path))

    def call(self, question: Callable[[KubeApi], Found]) -> Answer[Found]:
        """Ask by several requests."""
        return Answer(self._pool.submit(question, self._api))
