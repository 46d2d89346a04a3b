"""``runc update``, but the container gets twice the CPU quota; run on the node by the script that stands in for runc.

On cgroup v1 the kernel refuses a quota above that of the cgroup around (``tg_cfs_schedulable_down`` in
``kernel/sched/core.c``), which is the pod's. So there the pod's quota is raised first.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Rewrite the resources on standard input, and let the real runc apply them; its exit code."""
    runc, *arguments = sys.argv[1:]
    resources = json.load(sys.stdin)
    quota_us = resources.get("cpu", {}).get("quota", 0)
    if quota_us > 0:
        resources["cpu"]["quota"] = 2 * quota_us
        # "--root DIR" comes first, the container's ID last.
        state = subprocess.run([runc, *arguments[:2], "state", arguments[-1]], capture_output=True, check=True)
        make_room(json.loads(state.stdout)["pid"], 2 * quota_us)
    return subprocess.run([runc, *arguments], input=json.dumps(resources).encode(), check=False).returncode


def make_room(pid: int, quota_us: int) -> None:
    """Raise the quota of the pod around a container on cgroup v1."""
    for line in Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii").splitlines():
        _, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(","):
            pod = Path(f"/sys/fs/cgroup/cpu{path}").parent / "cpu.cfs_quota_us"
            if 0 < int(pod.read_text(encoding="ascii")) < quota_us:
                pod.write_text(str(quota_us), encoding="ascii")


if __name__ == "__main__":
    sys.exit(main())
