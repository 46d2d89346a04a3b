"""Two who change the same pod at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_refused
from resize.racing import at_once
from resize.requests import send_stale
from resize.resources import Resources

if TYPE_CHECKING:
    from resize.pod import ResizablePod


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("requests.conflict")
@pytest.mark.parametrize("form", ["PUT", "patch"])
def test_stale_version(idle_pod: ResizablePod, form: str) -> None:
    """A resize that names a version of the pod that is no longer the newest is refused as a conflict.

    So two autoscalers that read, compute and write don't undo each other's work unseen.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Read the pod, and then resize it to 150m.
        2. Send 200m as a PUT of the pod that was read, or as a patch with its resourceVersion.
    Expected:
        - HTTP 409, and the pod stays at 150m.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
    """
    old = idle_pod.api.get(idle_pod.path)
    idle_pod.resize(Resources.guaranteed(cpu="150m", memory="64Mi"))
    idle_pod.settle()

    submitted = send_stale(idle_pod, form, old, Resources.guaranteed(cpu="200m", memory="64Mi"))

    assert_refused(idle_pod, submitted, message=idle_pod.behaviour.requests.conflict, http_code=409)


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("submit.other_writers_kept")
def test_cpu_and_memory_by_two(idle_pod: ResizablePod) -> None:
    """Two resizes at the same time, one of CPU and one of memory, are both done.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to 150m and memory to 96Mi by two requests at once.
    Expected:
        - Both are taken, and every layer agrees on 150m and 96Mi.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#risks-and-mitigations
    """
    at_once(idle_pod, {"cpu": "150m"}, {"memory": "96Mi"})

    assert idle_pod.settle().pod.container("stress").spec == Resources.guaranteed(cpu="150m", memory="96Mi")


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("submit.other_writers_kept")
def test_last_writer_wins(idle_pod: ResizablePod) -> None:
    """Of several resizes of one resource at the same time the last one counts, down to the cgroups.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to 120m, 140m, 160m and 180m by four requests at once.
    Expected:
        - All are taken; every layer agrees on the one that the spec has in the end.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#risks-and-mitigations
    """
    at_once(idle_pod, *({"cpu": f"{milli}m"} for milli in (120, 140, 160, 180)))

    idle_pod.settle()
