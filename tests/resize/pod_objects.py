"""Pod objects as real clusters gave them (runs of this suite on 1.30.14 and 1.37.2), cut to what is read of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from resize.resources import Resources

FIRST_ID = "150678a3b321730dc21d605d90a334d5aee7319be0a2928ed38c14e2345ef7f2"
SECOND_ID = "b332b1b9360198654c85ae1d6a128f1f5396a1764b5a39453c7da88857d15796"

SHRINK_WAITS_1_30 = """\
metadata: {name: steady, uid: 31ac1e5a-a88b-4bbf-9cbb-63cdb6897f6b, resourceVersion: '935', labels: {app: steady}}
spec:
  nodeName: resize-20261123-052057-f187-1-30-14-node
  containers:
  - name: stress
    resources: {limits: {cpu: 100m, memory: 100M}, requests: {cpu: 100m, memory: 100M}}
status:
  phase: Running
  conditions:
  - {type: Ready, status: 'True', lastProbeTime: null, lastTransitionTime: '2026-11-23T05:23:51Z'}
  containerStatuses:
  - name: stress
    state: {running: {startedAt: '2026-11-23T05:23:51Z'}}
    lastState: {}
    ready: true
    restartCount: 0
    containerID: containerd://150678a3b321730dc21d605d90a334d5aee7319be0a2928ed38c14e2345ef7f2
    allocatedResources: {cpu: 100m, memory: 100M}
    resources: {limits: {cpu: 100m, memory: 150M}, requests: {cpu: 100m, memory: 150M}}
  qosClass: Guaranteed
  resize: InProgress
"""

OOM_KILLED_1_30 = """\
metadata: {name: hungry, uid: 60088b59-87b9-4ad9-b8c5-ca7a1239dc2a, resourceVersion: '833', labels: {app: hungry}}
spec:
  nodeName: resize-20261123-052057-f187-1-30-14-node
  containers:
  - name: stress
    resources: {limits: {memory: 200M}, requests: {memory: 200M}}
status:
  phase: Running
  conditions:
  - {type: Ready, status: 'False', reason: ContainersNotReady, message: 'containers with unready status: [stress]'}
  containerStatuses:
  - name: stress
    state:
      terminated: {exitCode: 1, reason: OOMKilled, startedAt: '2026-11-23T05:22:35Z'}
    lastState:
      terminated: {exitCode: 1, reason: OOMKilled, startedAt: '2026-11-23T05:21:50Z'}
    ready: false
    restartCount: 5
    containerID: containerd://b332b1b9360198654c85ae1d6a128f1f5396a1764b5a39453c7da88857d15796
  qosClass: Burstable
"""

INFEASIBLE_1_37 = """\
metadata:
  {name: idle, uid: 1e68b734-7387-4928-b602-604ad2b49917, resourceVersion: '304', generation: 2, labels: {app: idle}}
spec:
  nodeName: resize-20261123-052057-f187-1-37-2-static-cpu-node
  containers:
  - name: stress
    resources: {limits: {cpu: 200m, memory: 64Mi}, requests: {cpu: 200m, memory: 64Mi}}
status:
  observedGeneration: 2
  phase: Running
  conditions:
  - type: PodResizePending
    observedGeneration: 2
    status: 'True'
    lastProbeTime: '2026-11-23T05:21:36Z'
    lastTransitionTime: '2026-11-23T05:21:36Z'
    reason: Infeasible
    message: Resize is infeasible for Guaranteed Pods alongside CPU Manager policy "static"
  - {type: Ready, observedGeneration: 2, status: 'True', lastTransitionTime: '2026-11-23T05:21:36Z'}
  containerStatuses:
  - name: stress
    state: {running: {startedAt: '2026-11-23T05:21:36Z'}}
    lastState: {}
    ready: true
    restartCount: 0
    containerID: containerd://4ad18094ae49d1afb8e91bb7b0f9a20fc4079effe2b7e8992e134197e08625b1
    allocatedResources: {cpu: 100m, memory: 64Mi}
    resources: {limits: {cpu: 100m, memory: 64Mi}, requests: {cpu: 100m, memory: 64Mi}}
  qosClass: Guaranteed
"""

SHRINK_ERROR_1_37 = """\
metadata: {name: steady, uid: bcf04870-f3fb-4f83-941c-ed50316800b5, resourceVersion: '1193', generation: 2}
spec:
  nodeName: resize-20261123-052057-f187-1-37-2-node
  containers:
  - name: stress
    resources: {limits: {cpu: 100m, memory: 100M}, requests: {cpu: 100m, memory: 100M}}
status:
  observedGeneration: 2
  phase: Running
  conditions:
  - type: PodResizeInProgress
    observedGeneration: 2
    status: 'True'
    reason: Error
    message: 'cannot decrease memory limits: attempting to set container "stress"
      memory limit (100000000) below current usage (0)'
  - {type: Ready, observedGeneration: 2, status: 'True', lastTransitionTime: '2026-11-23T05:23:56Z'}
  containerStatuses:
  - name: stress
    state: {running: {startedAt: '2026-11-23T05:23:56Z'}}
    ready: true
    restartCount: 0
    containerID: containerd://f13fa45946f327a96d43262efa3623fcfcbad1e8afbff571604d86299981cc9a
    allocatedResources: {cpu: 100m, memory: 100M}
    resources: {limits: {cpu: 100m, memory: 150M}, requests: {cpu: 100m, memory: 150M}}
  qosClass: Guaranteed
"""


def read(text: str) -> dict[str, Any]:
    """A sample as the API gives it."""
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def pod_object(
    spec: Resources,
    applied: Resources | None = None,
    *,
    field: str = "",
    conditions: tuple[dict[str, Any], ...] = (),
    restarts: int = 0,
    container_id: str = FIRST_ID,
    state: dict[str, Any] | None = None,
    generation: int = 1,
    phase: str = "Running",
) -> dict[str, Any]:
    """A pod of one container in the shape of the samples; ``applied`` is what the status shows, the spec by default."""
    shown = (applied or spec).to_json()
    status: dict[str, Any] = {
        "phase": phase,
        "observedGeneration": generation,
        "conditions": [{"type": "Ready", "status": "True"}, *conditions],
        "containerStatuses": [
            {
                "name": "stress",
                "state": state or {"running": {"startedAt": "2026-11-23T05:23:51Z"}},
                "lastState": {},
                "ready": True,
                "restartCount": restarts,
                "containerID": f"containerd://{container_id}",
                "allocatedResources": shown.get("requests", {}),
                "resources": shown,
            }
        ],
        "qosClass": "Guaranteed",
    }
    if field:
        status["resize"] = field
    return {
        "metadata": {"name": "idle", "uid": "31ac1e5a", "resourceVersion": "935", "generation": generation},
        "spec": {"nodeName": "node", "containers": [{"name": "stress", "resources": spec.to_json()}]},
        "status": status,
    }


def with_pod_level(document: dict[str, Any], pod: Resources, **shown: Resources | None) -> dict[str, Any]:
    """The same pod with resources of its own; ``spec``, ``allocated`` and ``status`` take the place of ``pod``."""
    of = {"spec": pod, "allocated": pod, "status": pod, **shown}
    fields = (
        (document["spec"], "resources", of["spec"] and of["spec"].to_json()),
        (document["status"], "allocatedResources", of["allocated"] and of["allocated"].to_json().get("requests", {})),
        (document["status"], "resources", of["status"] and of["status"].to_json()),
    )
    for part, name, value in fields:
        if value is not None:
            part[name] = value
    return document


def restarted(document: dict[str, Any], reason: str, *, restarts: int = 1) -> dict[str, Any]:
    """The same pod after its container was ended, for this reason, and started again under another ID."""
    (status,) = document["status"]["containerStatuses"]
    status["lastState"] = {"terminated": {"reason": reason}}
    status["restartCount"] = restarts
    status["containerID"] = f"containerd://{SECOND_ID}"
    return document


def condition(kind: str, reason: str = "", message: str = "", *, generation: int = 1) -> dict[str, Any]:
    """PodResizePending or PodResizeInProgress."""
    return {
        "type": kind,
        "status": "True",
        "reason": reason,
        "message": message,
        "observedGeneration": generation,
    }
