"""A stand-in for a node whose containers come and go: what ``ctr`` says of them, and their cgroup v2 files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from clusters.contract import ClusterError
from resize.cgroup_expected import expected_container

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resize.resources import Resources

MOUNTS = "30 22 0:30 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
POD = "/kubepods/pod31ac1e5a"


class NodeOfContainers:
    """Satisfies :class:`clusters.contract.Node`."""

    def __init__(self) -> None:
        self.name = "node"
        self.sampling_s = 0.01
        self.files: dict[str, str] = {
            "/proc/1/mountinfo": MOUNTS,
            "/proc/self/mountinfo": MOUNTS,
            "/proc/uptime": "812.34 700.01\n",
        }
        self.commands: list[list[str]] = []
        self.reads = 0
        self.failure: ClusterError | None = None
        self._pids: dict[str, int] = {}
        self._told: dict[str, str] = {}

    def start(self, container_id: str, resources: Resources, *, told: str | None = None) -> None:
        """Let a container run; ``told`` is the cgroupsPath that the runtime has for it, the right one by default."""
        pid = self._pids[container_id] = 100 + len(self._told)
        self._told[container_id] = told or f"{POD}/{container_id}"
        self.files[f"/proc/{pid}/cgroup"] = f"0::{POD}/{container_id}\n"
        self.write(f"{POD}/{container_id}", resources)
        self.write(POD, resources)

    def end(self, container_id: str) -> None:
        """Let a container end: its process and its cgroup are gone, its pod's cgroup stays."""
        pid = self._pids.pop(container_id)
        prefixes = (f"/proc/{pid}/", f"/sys/fs/cgroup{POD}/{container_id}/")
        self.files = {path: text for path, text in self.files.items() if not path.startswith(prefixes)}

    def write(self, cgroup: str, resources: Resources, *, usage_us: int = 0) -> None:
        """The limits of one cgroup."""
        right = expected_container(resources, "v2", "cgroupfs")
        quota, period = right.cpu_quota_us[0].value, right.cpu_period_us[0].value
        memory = right.memory_limit_bytes[0].value
        files = {
            "cpu.max": f"{'max' if quota is None else quota} {period}\n",
            "cpu.weight": f"{right.cpu_priority[0].value}\n",
            "memory.max": f"{'max' if memory is None else memory}\n",
            "memory.current": "1048576\n",
            "cpu.stat": f"usage_usec {usage_us}\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n",
        }
        self.files = {**self.files, **{f"/sys/fs/cgroup{cgroup}/{name}": text for name, text in files.items()}}

    def read_text(self, path: str) -> str:
        self.reads += 1
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def read_texts(self, paths: Sequence[str]) -> list[str | None]:
        return [self._text_or_none(path) for path in paths]

    def _text_or_none(self, path: str) -> str | None:
        try:
            return self.read_text(path)
        except FileNotFoundError:
            return None

    def run(self, arguments: Sequence[str], *, timeout_s: float = 30.0) -> str:
        self.commands.append(list(arguments))
        if self.failure is not None:
            raise self.failure
        match list(arguments)[3:]:
            case ["tasks", "list"]:
                lines = [f"{name}    {pid}    RUNNING" for name, pid in self._pids.items()]
                return "\n".join(["TASK    PID    STATUS", *lines]) + "\n"
            case ["containers", "info", container_id]:
                return json.dumps({"ID": container_id, "Spec": {"linux": {"cgroupsPath": self._told[container_id]}}})
            case ["containers", "list", *_]:
                return ""
        raise ClusterError(f"{self.name} runs no such command: {arguments}")
