"""The resizePolicies that cases try, by the names that Kubernetes' own e2e tests give them."""

from __future__ import annotations

from typing import Final

KEEP, RESTART = "NotRequired", "RestartContainer"

#: What a change of each resource does to its container (KEP-1287, Container Resize Policy).
POLICIES: Final = {
    "no-restart": {"cpu": KEEP, "memory": KEEP},
    "cpu-restart": {"cpu": RESTART, "memory": KEEP},
    "mem-restart": {"cpu": KEEP, "memory": RESTART},
    "cpu-mem-restart": {"cpu": RESTART, "memory": RESTART},
}
