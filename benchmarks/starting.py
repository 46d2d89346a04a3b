"""How long pytest takes to find the suite's cases: a start without a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clusters.components.pins import load_pins, resolve_version
from clusters.versions import KubeVersion

if TYPE_CHECKING:
    from benchmarks.ours import OurSuite
    from benchmarks.process import Ended

#: So many are to be found; there are fewer cases than that, but each counts once a version.
CASES = 1000
_TIMES = 3


@dataclass(frozen=True, slots=True)
class Start:
    """One start: the cases it found, and what it took."""

    cases: int
    ended: Ended


def starts(suite: OurSuite) -> list[Start]:
    """A few starts with as many versions as it takes to have a thousand cases, or with all."""
    versions = [resolve_version(KubeVersion.parse(minor)) for minor in load_pins().kube_patches]
    # This one writes Python's byte code, too, as the very first start of a checkout does.
    alone, _ = suite.collect(versions[-1:])
    wanted = versions[-math.ceil(CASES / alone) :]
    return [Start(*suite.collect(wanted)) for _ in range(_TIMES)]
