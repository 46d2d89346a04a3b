"""How long a workload took from its first instruction until it was ready, by its own clock."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import tenacity

from resize.observer import ConformanceError

if TYPE_CHECKING:
    from resize.pod import ResizablePod

#: What :data:`resize.manifests.SLOW_START` prints: seconds since the host's start, before and after its work.
_READY = re.compile(r"^ready (?P<begun>[\d.]+) (?P<ended>[\d.]+)$", re.MULTILINE)
#: A third of a second of work takes a few seconds at a tenth of a CPU.
DEADLINE_S = 60.0


def started_in_s(pod: ResizablePod) -> float:
    """Wait until the workload says that it is ready, and return how long its start took.

    Raises:
        ConformanceError: It did not get ready.
    """
    __tracebackhide__ = True

    def look() -> re.Match[str] | None:
        return _READY.search(pod.api.text(f"{pod.path}/log"))

    found = tenacity.Retrying(
        stop=tenacity.stop_after_delay(DEADLINE_S),
        wait=tenacity.wait_fixed(0.1),
        retry=tenacity.retry_if_result(lambda match: match is None),
        retry_error_callback=lambda _: None,
    )(look)
    if found is None:
        raise ConformanceError(f"the workload of pod {pod.name} was not ready within {DEADLINE_S:.0f} s")
    return float(found["ended"]) - float(found["begun"])
