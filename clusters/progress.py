"""Progress lines for long work: what is being done, and how long it took."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A step that is done sooner than this prints nothing: people want to hear about waiting, not about work.
QUIET_S = 2.0


class Progress:
    """Prints one line when a step has taken two seconds, one every half minute after it, and one when it ends."""

    def __init__(self, console: Console | None = None, prefix: str = "") -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._prefix = prefix

    def under(self, prefix: str) -> Progress:
        """The same console with each line headed by ``prefix``, such as a cluster's name."""
        return Progress(self._console, f"{prefix}: ")

    def say(self, text: str) -> None:
        """Print a line as it is."""
        self._console.print(f"{self._prefix}{text}", markup=False, soft_wrap=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Announce ``text`` if the body is slow, and tell how it ended and after how long."""
        begun = time.monotonic()
        ended = threading.Event()

        def announce() -> None:
            patience_s = QUIET_S
            while not ended.wait(patience_s):
                self.say(f"{text} ... {time.monotonic() - begun:.0f} s")
                patience_s = 30.0

        threading.Thread(target=announce, daemon=True, name="progress").start()
        try:
            yield
        except BaseException:
            self._tell(text, begun, "failed")
            raise
        else:
            self._tell(text, begun, "done")
        finally:
            ended.set()

    def _tell(self, text: str, begun: float, outcome: str) -> None:
        elapsed_s = time.monotonic() - begun
        if elapsed_s >= QUIET_S:
            self.say(f"{text}: {outcome} after {elapsed_s:.1f} s")
