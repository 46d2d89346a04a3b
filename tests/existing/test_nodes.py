from __future__ import annotations

from typing import Any

import pytest

from clusters.components.images import STRESS_REFERENCE
from clusters.existing.nodes import NodeFacts, requested
from clusters.existing.places import CASE_CPU_MILLI, MOST_NODES, choose_places
from fixtures import turns
from tests.existing.fake_cluster import GATE, node


def container(name: str = "c", cpu: str = "0", memory: str = "0", **more: Any) -> dict[str, Any]:
    return {"name": name, "resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


def pod(*containers: dict[str, Any], status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(containers), **spec}, "status": {"phase": "Running", **(status or {})}}


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        (pod(container("a", "100m", "1Mi"), container("b", "50m")), (150, 2**20)),
        (pod({"name": "c"}), (0, 0)),
        # What is set aside counts until a resize down is done.
        (
            pod(
                container(cpu="100m"),
                status={"containerStatuses": [{"name": "c", "allocatedResources": {"cpu": "300m"}}]},
            ),
            (300, 0),
        ),
        # Init containers run one after the other, beside the sidecars before them.
        (
            pod(
                container(cpu="100m"),
                initContainers=[container("s", "50m", restartPolicy="Always"), container("i", "500m")],
            ),
            (550, 0),
        ),
        (pod(container(cpu="100m"), overhead={"cpu": "10m", "memory": "1Mi"}), (110, 2**20)),
        (pod(container(cpu="100m"), resources={"requests": {"cpu": "1"}}), (1000, 0)),
    ],
)
def test_what_the_scheduler_counts(document: dict[str, Any], wanted: tuple[int, int]) -> None:
    assert requested(document) == wanted


def test_room_is_what_pods_that_run_leave() -> None:
    ended = pod(container(cpu="1"))
    ended["status"]["phase"] = "Succeeded"
    found = NodeFacts.of(node()).with_pods([pod(container(cpu="600m", memory="1Gi")), ended])
    assert (found.free_cpu_milli, found.free_memory_bytes) == (1400, 3 * 2**30)
    assert found.free_text == "1400m and 3072Mi"
    assert NodeFacts.of(node()).free_text == "an unknown room"


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (node(), ""),
        (node(ready="Unknown"), "is not Ready"),
        (node(spec={"unschedulable": True}), "is cordoned"),
        (node(spec={"taints": [{"key": "gpu", "effect": "NoSchedule"}]}), "has the taint gpu:NoSchedule"),
        (node(spec={"taints": [{"key": "spot", "effect": "PreferNoSchedule"}]}), ""),
        (node(info={"operatingSystem": "windows"}), "runs windows"),
    ],
)
def test_why_pods_do_not_get_there(document: dict[str, Any], why: str) -> None:
    assert NodeFacts.of(document).why_unused == why


def test_what_the_kubelet_tells() -> None:
    found = NodeFacts.of(node(images=[STRESS_REFERENCE]))
    assert (found.kubelet_version, found.runtime, found.runtime_version) == ("1.37.2", "containerd", "2.4.2")
    assert found.has_stress_image
    told = found.with_kubelet({"kubeletconfig": {"a": 1}}, f"{GATE}kubelet_cgroup_version 1\n")
    assert (told.cgroup_version, told.gate, told.configuration) == ("v1", True, {"a": 1})
    # A kubelet that fails on v1, and runs, is on v2.
    assert found.with_kubelet({"kubeletconfig": {"failCgroupV1": True}}, None).cgroup_version == "v2"
    silent = found.with_kubelet(None, None)
    assert (silent.cgroup_version, silent.gate, silent.configuration) == (None, None, None)


def facts(name: str, free_cpu: str = "0", memory: str = "0") -> NodeFacts:
    return NodeFacts.of(node(name)).with_pods([pod(container(cpu=free_cpu, memory=memory))])


@pytest.mark.parametrize(
    ("nodes", "chosen", "on_each", "places"),
    [
        ([facts("full", "1700m"), facts("one", "1500m"), facts("a"), facts("b", "100m")], ["a", "b"], 2, 2),
        ([facts("full", "1700m"), facts("one", "1500m")], ["one"], 1, 1),
        ([facts("no memory", "0", "3900Mi")], [], 0, 1),
        ([facts("a"), facts("b"), facts("c")], ["a", "b"], 2, 2),
        ([NodeFacts.of(node("unknown"))], ["unknown"], 1, 1),
    ],
)
def test_places_are_few_and_where_there_is_room(
    nodes: list[NodeFacts], chosen: list[str], on_each: int, places: int
) -> None:
    found = choose_places(nodes)
    assert [entry.name for entry in found.nodes] == chosen
    assert len(found.nodes) <= MOST_NODES
    assert found.on_each == on_each
    assert turns.parts_on(found.cpu_milli) == places * turns.parts_for(CASE_CPU_MILLI)


def test_a_case_asks_for_as_much_as_turns_say() -> None:
    assert CASE_CPU_MILLI == turns.CASE_CPU_MILLI
