"""What a container knows of its own limits: by the downward API, and by reading its cgroup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from resize.observer import ConformanceError
from resize.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resize.kubectl import Kubectl
    from resize.pod import ResizablePod

#: Each limit's variable or file, and the unit that it is to be told in.
TOLD: Final = {"CPU_LIMIT": ("limits.cpu", "1m"), "MEMORY_LIMIT": ("limits.memory", "1")}
FOLDER: Final = "/limits"
_VOLUME: Final = "limits"
#: The files are written anew when the kubelet syncs the pod, which it does at least every 90 s.
FOLLOW_DEADLINE_S: Final = 120
#: cgroup v2, and else v1, each with the container's own cgroup at the root.
_OWN: Final = (
    "cd /sys/fs/cgroup; cat cpu.max memory.max 2>/dev/null || "
    "cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us memory/memory.limit_in_bytes"
)


def limits_of(resources: Resources) -> Resources:
    """The limits alone."""
    return resources.with_changes(cpu_request_milli=None, memory_request_bytes=None)


def with_variables(container: Mapping[str, Any]) -> dict[str, Any]:
    """The container with its limits in its environment."""
    env = [{"name": name, "valueFrom": {"resourceFieldRef": _reference(*told)}} for name, told in TOLD.items()]
    return {**container, "env": env}


def with_files(container: Mapping[str, Any]) -> dict[str, Any]:
    """The container with its limits in files of :func:`volume`."""
    return {**container, "volumeMounts": [{"name": _VOLUME, "mountPath": FOLDER}]}


def volume(container: str) -> dict[str, Any]:
    """A downward API volume with a container's limits."""
    items = [
        {"path": name, "resourceFieldRef": {"containerName": container, **_reference(*told)}}
        for name, told in TOLD.items()
    ]
    return {"name": _VOLUME, "downwardAPI": {"items": items}}


def variables(kubectl: Kubectl, pod: ResizablePod) -> Resources:
    """The limits in the environment of the container's first process."""
    entries = _run(kubectl, pod, ["cat", "/proc/1/environ"]).split("\0")
    found = dict(entry.split("=", 1) for entry in entries if "=" in entry)
    return _limits(*(found[name] for name in TOLD))


def files(kubectl: Kubectl, pod: ResizablePod) -> Resources:
    """The limits in the volume's files."""
    # Whoever writes such a file puts no newline at its end.
    return _limits(*(_run(kubectl, pod, ["cat", f"{FOLDER}/{name}"]) for name in TOLD))


def own_limits(kubectl: Kubectl, pod: ResizablePod) -> Resources:
    """The limits in the container's cgroup, as it sees it; memory as asked for where the kernel's pages round it."""
    quota_us, period_us, memory_bytes = _run(kubectl, pod, ["sh", "-c", _OWN]).split()
    return _limits(str(int(quota_us) * 1000 // int(period_us)), memory_bytes)


def assert_files_follow(kubectl: Kubectl, pod: ResizablePod) -> None:
    """Check that the volume's files have the pod's new limits before long.

    Raises:
        ConformanceError: They don't.
    """
    __tracebackhide__ = True
    right = limits_of(pod.wanted[pod.only_container.name])
    # One command that waits in the container: each exec takes the node a second.
    wanted = f"{right.cpu_limit_milli} {right.memory_limit_bytes}"
    now = f'"$(cat {FOLDER}/CPU_LIMIT) $(cat {FOLDER}/MEMORY_LIMIT)"'
    waiting = f'i=0; until [ {now} = "{wanted}" ] || [ $i = {FOLLOW_DEADLINE_S} ]; do i=$((i+1)); sleep 1; done'
    done = kubectl.exec(pod.name, ["sh", "-c", waiting], timeout_s=2.0 * FOLLOW_DEADLINE_S)
    seen = files(kubectl, pod)
    if seen != right:
        told = (
            f"After {FOLLOW_DEADLINE_S} s the files have {seen.describe()}; expected {right.describe()}. {done.stderr}"
        )
        raise ConformanceError(pod.observer.describe(told, None, []))


def _reference(resource: str, divisor: str) -> dict[str, str]:
    return {"resource": resource, "divisor": divisor}


def _limits(cpu_milli: str, memory_bytes: str) -> Resources:
    return Resources(cpu_limit_milli=int(cpu_milli), memory_limit_bytes=int(memory_bytes))


def _run(kubectl: Kubectl, pod: ResizablePod, command: Sequence[str]) -> str:
    done = kubectl.exec(pod.name, command)
    if done.returncode != 0:
        raise ConformanceError(f"{' '.join(command)} in pod {pod.name}: {done.stderr.strip()}")
    return done.stdout
