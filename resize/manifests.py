"""The pods that cases deploy, as the seeds have them: one container of stress, or a shell script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resize.resources import Resources

#: The container's name in the seeds.
CONTAINER = "stress"
#: The seeds' workload: one CPU hog, and one worker that takes 128M, holds it for 3 s, gives it back, and begins anew.
SEED_STRESS = ("--cpu", "1", "--vm", "1", "--vm-bytes", "128M", "--vm-hang", "3")
#: The same memory, which is Mi to stress.
STRESS_BYTES = 128 * 2**20
#: More than this is in use while a workload holds it, whatever the page cache adds.
STRESS_BYTES_IN_USE = 130_000_000
#: Takes the seeds' memory and holds it, as nobody reads the pipe. One read() fills it within the kernel; stress touches
#: it page by page, and where a page fault is dear (User-Mode Linux: 50 us) that takes a minute at a tenth of a CPU.
_TAKE = f"dd if=/dev/zero bs={STRESS_BYTES} count=1 1<>/held"
#: The seeds' memory held for good: what a case needs that must find it in use whenever the kubelet looks. Like stress,
#: it ends when its worker is killed, unless it was told to give the memory back by :data:`FREE`; then it goes on.
HOLD_SCRIPT = f"mkfifo /held; {_TAKE}; [ -e /freed ] || exit 1; while true; do sleep 3600; done"
#: Run in the container: the memory of :data:`HOLD_SCRIPT` is free once it has ended.
FREE = ("sh", "-c", "touch /freed; kill $(pidof dd)")
#: The same with the seeds' CPU hog beside it, which starts once the memory is there.
BUSY_HOLD_SCRIPT = f"mkfifo /held; (head -c 1 < /held > /dev/null; exec stress --cpu 1) & {_TAKE}; exit 1"
#: Takes the seeds' memory for 3 s, as the seeds do, and does without it for 8 s, in turns; ends when it is OOM-killed.
TURNS_SCRIPT = (
    f"mkfifo /held; while true; do {_TAKE} & sleep 3; kill $!; wait $!; [ $? = 143 ] || exit 1; sleep 8; done"
)
#: The seeds' hungry pod without its CPU hog, which has no limit there and would take half the machine from other cases.
HUNGRY_STRESS = ("--vm", "1", "--vm-bytes", "128M", "--vm-hang", "3")
#: Computes for a third of a second on a whole CPU, and says how long it took: a stand-in for a Java virtual machine.
SLOW_START = (
    "read begun rest < /proc/uptime; awk 'BEGIN { while (i < 3000000) i++ }'; read ended rest < /proc/uptime; "
    "echo ready $begun $ended; while true; do sleep 3600; done"
)
#: A build: takes the seeds' memory for a moment, and ends with 0 only if it got all of it, however long that took.
BURST = ("dd", "if=/dev/zero", "of=/dev/null", f"bs={STRESS_BYTES}", "count=1")
#: A container that does nothing; the memory of its shell is all it needs. Outside of wait a shell puts TERM off, and
#: then each restart takes the 2 s until the kubelet kills (minimumGracePeriodInSeconds, kuberuntime_container.go).
IDLE_SCRIPT = "while true; do sleep 3600 & wait; done"


def container(
    name: str,
    image: str,
    resources: Resources,
    *,
    args: Sequence[str] | None = None,
    script: str | None = None,
    resize_policy: Mapping[str, str] | None = None,
    sidecar: bool = False,
) -> dict[str, Any]:
    """One container of a pod.

    Args:
        name: The container's name.
        image: The stress image, which holds ``stress`` and a shell in its PATH.
        resources: Its requests and limits.
        args: Arguments for stress.
        script: Run by the image's shell in place of stress.
        resize_policy: Resource name to restartPolicy, such as ``{"cpu": "NotRequired"}``.
        sidecar: Whether it is to be among the init containers and go on beside the others (KEP-753).
    """
    document: dict[str, Any] = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": resources.to_json(),
    }
    if script is not None:
        # TERM ends it at once: a shell as PID 1 ignores it otherwise.
        document["command"] = ["/bin/sh", "-c", f"trap 'exit 0' TERM; {script}"]
    else:
        # Named, as not every image that holds stress begins with it by itself.
        document["command"], document["args"] = ["stress"], list(args or SEED_STRESS)
    if resize_policy is not None:
        document["resizePolicy"] = [
            {"resourceName": name, "restartPolicy": policy} for name, policy in resize_policy.items()
        ]
    if sidecar:
        document["restartPolicy"] = "Always"
    return document


def pod(
    name: str,
    containers: Sequence[Mapping[str, Any]],
    *,
    labels: Mapping[str, str],
    restart_policy: str = "Always",
    node: str | None = None,
    init_containers: Sequence[Mapping[str, Any]] = (),
    more_spec: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A pod that ends at once when it is deleted and holds no credentials.

    Args:
        name: The pod's name.
        containers: See :func:`container`.
        labels: The pod's.
        restart_policy: The pod's.
        node: Keeps it to that one.
        init_containers: Those that start before the others, sidecars among them.
        more_spec: Laid over the pod's spec, such as ``{"priorityClassName": "high"}``.
    """
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {
            "restartPolicy": restart_policy,
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "dnsPolicy": "Default",
            "containers": list(containers),
            **({"initContainers": list(init_containers)} if init_containers else {}),
            **({"affinity": {"nodeAffinity": _on(node)}} if node else {}),
            **(more_spec or {}),
        },
    }


def _on(node: str) -> dict[str, Any]:
    """Keeps a pod on the node of this name, whatever its labels say: on some clouds its host name is another."""
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [field]}]}}
