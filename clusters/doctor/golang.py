"""Whether Go is there and new enough for what has to be built with it."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from clusters.requirement import Requirement

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Since 1.21 Go fetches the newer toolchain that a module asks for (https://go.dev/doc/toolchain).
FETCHES_SINCE = (1, 21)
#: What go.mod of metrics-server 0.9.0 asks for, the most of all components in ``pinned.toml``.
WANTED = (1, 26, 4)
#: Where Go's own instructions put it, often without a change of PATH.
_USUAL_PATH = "/usr/local/go/bin"
_INSTALL = "https://go.dev/doc/install (a distribution's package is often too old)"


def go_requirement(to_build: Sequence[str]) -> Requirement:
    """Whether Go is there.

    Args:
        to_build: What is still to be built with it in any case; it is not needed for nothing.
    """
    purpose = f"needed once, to build {', '.join(to_build)}" if to_build else "what it is needed for is in the cache"
    go = shutil.which("go") or shutil.which("go", path=_USUAL_PATH)
    if go is None:
        return Requirement("Go", ok=False, detail=f"not found; {purpose}", remedy=_INSTALL, needed=bool(to_build))
    told = subprocess.run([go, "env", "GOVERSION", "GOTOOLCHAIN"], capture_output=True, text=True, check=False)
    version, toolchain, *_ = [*told.stdout.splitlines(), "", ""]
    numbers = tuple(int(part) for part in re.findall(r"\d+", version))[:3]
    if numbers >= WANTED:
        return Requirement("Go", ok=True, detail=f"{version.removeprefix('go')} at {go}")
    if numbers >= FETCHES_SINCE and toolchain not in {"", "local"}:
        detail = f"{version.removeprefix('go')} at {go}, which fetches a newer one itself (GOTOOLCHAIN={toolchain})"
        return Requirement("Go", ok=True, detail=detail)
    kept = " with GOTOOLCHAIN=local" if toolchain == "local" else ""
    wanted = ".".join(map(str, WANTED))
    return Requirement(
        "Go",
        ok=False,
        detail=f"{go} is {version or 'broken'}{kept}, and {wanted} or newer is wanted; {purpose}",
        remedy=_INSTALL,
        needed=bool(to_build),
    )
