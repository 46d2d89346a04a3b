from __future__ import annotations

import pytest

from resize import memory_qos
from resize.memory_qos import (
    assert_container_memory_qos,
    assert_high_after_rollback,
    assert_pod_protected,
    memory_high_bytes,
)
from resize.observer import ConformanceError
from resize.resources import Resources
from resize.swap import assert_may_swap
from tests.resize.containers_of_node import POD
from tests.resize.observed_pod import OLD, ObservedPod
from tests.resize.pod_objects import FIRST_ID, pod_object

MI = 2**20
BURSTABLE = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="128Mi")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_qos, "WRITTEN_AFTER_S", 0.1)


def pod_of(version: str, resources: Resources, qos_class: str) -> ObservedPod:
    observed = ObservedPod(version, resources)
    observed.run(resources)
    document = pod_object(resources)
    document["status"]["qosClass"] = qos_class
    observed.show(document)
    return observed


def write(observed: ObservedPod, cgroup: str, **files: str) -> None:
    for name, text in files.items():
        observed.node.files[f"/sys/fs/cgroup{cgroup}/{name.replace('_', '.', 1)}"] = f"{text}\n"


@pytest.mark.parametrize(
    ("request_", "limit", "factor", "right"),
    [
        # Of test/e2e_node/memory_qos_test.go: 64 + 0.9 * (256 - 64) = 236.8Mi.
        ("64Mi", "256Mi", 0.9, int(236.8 * 256) * 4096),
        ("96Mi", "192Mi", 0.5, 144 * MI),
        ("64Mi", "128Mi", None, None),
        ("64Mi", "64Mi", 0.9, None),
    ],
)
def test_memory_high(request_: str, limit: str, factor: float | None, right: int | None) -> None:
    assert memory_high_bytes(Resources.of(memory_request=request_, memory_limit=limit), factor) == right


@pytest.mark.parametrize(
    ("version", "resources", "qos_class", "file"),
    [
        ("1.35", BURSTABLE, "Burstable", "memory.min"),
        ("1.36", BURSTABLE, "Burstable", "memory.low"),
        ("1.37", BURSTABLE, "Burstable", "memory.low"),
        ("1.37", OLD, "Guaranteed", "memory.min"),
    ],
)
def test_protection_is_where_the_version_has_it(version: str, resources: Resources, qos_class: str, file: str) -> None:
    observed = pod_of(version, resources, qos_class)
    files = {"memory_min": "0", "memory_low": "0", file.replace(".", "_"): str(64 * MI)}
    write(observed, POD, **files)
    assert_pod_protected(observed.pod)

    write(observed, POD, **dict.fromkeys(files, str(32 * MI)))
    with pytest.raises(ConformanceError, match=rf"{file} of the pod is {32 * MI}, expected {64 * MI}"):
        assert_pod_protected(observed.pod)


def test_memory_high_of_the_container() -> None:
    observed, container = pod_of("1.37", BURSTABLE, "Burstable"), f"{POD}/{FIRST_ID}"
    write(observed, container, memory_min="0", memory_low=str(64 * MI), memory_high=str(96 * MI))
    assert_container_memory_qos(observed.pod, factor=0.5)
    assert_high_after_rollback(pod_with_high("1.36", "100663296").pod, BURSTABLE, factor=0.5)
    assert_high_after_rollback(pod_with_high("1.37", "max").pod, BURSTABLE, factor=0.5)
    with pytest.raises(ConformanceError, match=r"memory\.high of the container is 100663296, expected max"):
        assert_container_memory_qos(observed.pod, factor=None)
    with pytest.raises(ConformanceError, match=r"memory\.high of the container is 100663296, expected max"):
        assert_high_after_rollback(observed.pod, BURSTABLE, factor=0.5)


def pod_with_high(version: str, high: str) -> ObservedPod:
    observed = pod_of(version, BURSTABLE, "Burstable")
    write(observed, f"{POD}/{FIRST_ID}", memory_high=high)
    return observed


@pytest.mark.parametrize(("limit", "may"), [("0", True), ("1048576", True), ("max", False)])
def test_a_kubelet_that_knows_swap_limits_it(limit: str, *, may: bool) -> None:
    observed = pod_of("1.37", BURSTABLE, "Burstable")
    observed.node.files[f"/sys/fs/cgroup{POD}/{FIRST_ID}/memory.swap.max"] = f"{limit}\n"
    if may:
        assert_may_swap(observed.pod)
        return
    with pytest.raises(ConformanceError, match="its kubelet has set no limit of swap"):
        assert_may_swap(observed.pod)
