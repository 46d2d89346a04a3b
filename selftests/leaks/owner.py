"""A process that owns one local cluster, to be killed by a test.

``python -m selftests.leaks.owner '{"name": ..., "version": ..., "logs": ...}'`` brings the cluster up and prints
``ready``. Then it obeys the words on its standard input: ``pod`` starts a pod and prints ``pod`` once that runs,
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
from clusters.local.provider import LocalProvider
from clusters.progress import Progress
from clusters.versions import KubeVersion

if TYPE_CHECKING:
    from clusters.api import Json

PODS = "/api/v1/namespaces/default/pods"
POD_TIMEOUT_S = 30.0


def main() -> int:
    """Bring the cluster up, then obey; 1 if it did not come up."""
    wanted = json.loads(sys.argv[1])
    provider = LocalProvider(ComponentResolver(progress=Progress()))
    request = ClusterRequest(
        kube_version=KubeVersion.parse(wanted["version"]),
        name=wanted["name"],
        log_directory=Path(wanted["logs"]),
        kubelet_configuration=wanted.get("kubelet_configuration", {}),
        metrics=False,
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


def start_pod(record: ClusterRecord) -> None:
    """Run the stress image and return once its container runs.

    Raises:
        TimeoutError: The pod did not run in time; the message has its status.
    """
    api = KubeApi(record.kubeconfig)
    api.create(PODS, pod_manifest(record.stress_image))
    deadline = time.monotonic() + POD_TIMEOUT_S
    while (status := api.get(f"{PODS}/load")["status"])["phase"] != "Running":
        if time.monotonic() > deadline:
            raise TimeoutError(f"the pod does not run: {json.dumps(status)}")
        time.sleep(0.05)


def pod_manifest(image: str) -> Json:
    """A pod with cgroup limits and processes of its own."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "load"},
        "spec": {
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
