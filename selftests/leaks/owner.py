"""A process that owns one local cluster, to be killed by a test.

``python -m selftests.leaks.owner '{"name": ..., "version": ..., "node": ..., "logs": ...}'`` brings the cluster up and
prints ``ready``. Then it obeys the words on its standard input: ``pod`` starts a pod and prints ``pod`` once that runs,
``destroy`` prints ``destroying``, then ``gone``; ``keep`` lets go of the cluster. It ends after the last two.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.api import KubeApi
from clusters.components.resolver import ComponentResolver
from clusters.contract import ClusterError, ClusterRecord, ClusterRequest
from clusters.progress import Progress
from clusters.providers import local_provider
from clusters.versions import KubeVersion

if TYPE_CHECKING:
    from clusters.api import Json

PODS = "/api/v1/namespaces/default/pods"
POD_NAME = "load"
POD_TIMEOUT_S = 30.0


def main() -> int:
    """Bring the cluster up, then obey; 1 if it did not come up."""
    wanted = json.loads(sys.argv[1])
    provider = local_provider(ComponentResolver(progress=Progress()), Progress())
    request = ClusterRequest(
        kube_version=KubeVersion.parse(wanted["version"]),
        name=wanted["name"],
        log_directory=Path(wanted["logs"]),
        kubelet_configuration=wanted.get("kubelet_configuration", {}),
        metrics=False,
        node=wanted["node"],
    )
    try:
        record = provider.create(request, Progress())
    except ClusterError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    say("ready")
    for line in sys.stdin:
        match line.strip():
            case "pod":
                start_pod(record)
                say("pod")
            case "destroy":
                say("destroying")
                provider.destroy(record)
                say("gone")
                return 0
            case "keep":
                provider.destroy(record, keep=True)
                return 0
    return 0


def say(word: str) -> None:
    """Tell the test how far this process is."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def start_pod(record: ClusterRecord, *, node_name: str | None = None) -> Json:
    """Run the stress image and return the pod once its container runs.

    Args:
        record: Of the cluster.
        node_name: Where it is to run; None leaves it to the scheduler.

    Raises:
        TimeoutError: The pod did not run in time; the message has its status.
    """
    api = KubeApi(record.kubeconfig)
    api.create(PODS, pod_manifest(record.stress_image, node_name))
    deadline = time.monotonic() + POD_TIMEOUT_S
    while (pod := api.get(f"{PODS}/{POD_NAME}"))["status"]["phase"] != "Running":
        if time.monotonic() > deadline:
            raise TimeoutError(f"the pod does not run: {json.dumps(pod['status'])}")
        time.sleep(0.05)
    return pod


def pod_manifest(image: str, node_name: str | None) -> Json:
    """A pod with cgroup limits and processes of its own."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": POD_NAME},
        "spec": {
            **({"nodeName": node_name} if node_name else {}),
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "load",
                    "image": image,
                    "imagePullPolicy": "Never",
                    "args": ["--vm", "1", "--vm-bytes", "8M", "--vm-hang", "0"],
                    "resources": {"limits": {"cpu": "200m", "memory": "64Mi"}},
                }
            ],
        },
    }


if __name__ == "__main__":
    sys.exit(main())
