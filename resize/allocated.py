"""What the kubelet has allocated to a pod, as it tells at its endpoint ``/allocatedPods`` (alpha in 1.37)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from resize.observer import ConformanceError
from resize.oom import eventually

if TYPE_CHECKING:
    from resize.pod import ResizablePod

GATE: Final = "KubeletAllocatedPodsEndpoint"
#: It allocates before it tells of anything else.
DEADLINE_S = 15.0


def assert_allocated(pod: ResizablePod, spec: dict[str, Any]) -> None:
    """Check that the kubelet has allocated just this spec to the pod, and shows nothing of its status.

    Raises:
        ConformanceError: It shows something else.
    """
    __tracebackhide__ = True
    namespace, name = pod.path.split("/")[-3::2]
    path = f"/api/v1/nodes/{pod.view.node_name}/proxy/allocatedPods/{namespace}/{name}"
    if not eventually(lambda: pod.api.get(path)["spec"] == spec, deadline_s=DEADLINE_S):
        told = f"The kubelet has allocated {pod.api.get(path)['spec']}; expected {spec}."
        raise ConformanceError(pod.observer.describe(told, None, []))
    status = pod.api.get(path).get("status")
    if status:
        raise ConformanceError(pod.observer.describe(f"The allocated pod has a status: {status}.", None, []))


def spec_of(pod: ResizablePod) -> dict[str, Any]:
    """What the API says that the pod asks for."""
    spec: dict[str, Any] = pod.api.get(pod.path)["spec"]
    return spec
