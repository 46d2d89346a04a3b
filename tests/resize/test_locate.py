from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from clusters.contract import ClusterError, NoNodeAccessError
from resize.cgroup_paths import CgroupLayoutError
from resize.locate import locate, locate_sandbox, process_of
from resize.resources import Resources
from tests.resize.containers_of_node import POD, NodeOfContainers
from tests.resize.pod_objects import FIRST_ID, SECOND_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

RESOURCES = Resources.guaranteed(cpu="100m", memory="64Mi")


@pytest.fixture
def node() -> NodeOfContainers:
    made = NodeOfContainers()
    made.start(FIRST_ID, RESOURCES)
    return made


def test_container_is_found_by_its_process(node: NodeOfContainers) -> None:
    node.start(SECOND_ID, RESOURCES)
    assert (process_of(node, FIRST_ID), process_of(node, SECOND_ID)) == (100, 101)
    paths = locate(node, SECOND_ID)
    assert paths is not None
    assert paths.container.memory == f"/sys/fs/cgroup{POD}/{SECOND_ID}"
    assert paths.pod.memory == f"/sys/fs/cgroup{POD}"
    assert node.commands[0] == ["ctr", "--namespace", "k8s.io", "tasks", "list"]


def test_container_that_does_not_run_is_none(node: NodeOfContainers) -> None:
    assert locate(node, SECOND_ID) is None
    node.end(FIRST_ID)
    assert process_of(node, FIRST_ID) is None


def test_task_that_has_stopped_is_no_running_container(node: NodeOfContainers, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = f"TASK    PID    STATUS\n{FIRST_ID}    100    STOPPED\n"
    monkeypatch.setattr(node, "run", lambda arguments, timeout_s=30.0: answer)
    assert process_of(node, FIRST_ID) is None


def test_process_that_ends_before_it_is_read_is_none(node: NodeOfContainers) -> None:
    del node.files["/proc/100/cgroup"]
    assert locate(node, FIRST_ID) is None


def test_two_sources_that_disagree_are_an_error(node: NodeOfContainers) -> None:
    node.start(SECOND_ID, RESOURCES, told=f"{POD}/{FIRST_ID}")
    with pytest.raises(CgroupLayoutError) as caught:
        locate(node, SECOND_ID)
    assert f"container {SECOND_ID[:12]}: its process is in /sys/fs/cgroup{POD}/{SECOND_ID}" in str(caught.value)
    assert f"but its cgroupsPath is {POD}/{FIRST_ID}" in str(caught.value)


def test_failing_tool_is_passed_on(node: NodeOfContainers) -> None:
    node.failure = ClusterError("ctr: connection refused")
    with pytest.raises(ClusterError, match="connection refused"):
        locate(node, FIRST_ID)


class NodeWithoutCtr(NodeOfContainers):
    """It has a shell, and nothing that speaks to a runtime."""

    def run(self, arguments: Sequence[str], *, timeout_s: float = 30.0) -> str:
        self.commands.append(list(arguments))
        if arguments[0] == "ctr":
            raise NoNodeAccessError("no node access: node node has no program ctr")
        wanted = re.search(r"grep -l '(.*)' /proc", arguments[2])
        assert wanted is not None
        found = [path for path, text in self.files.items() if path.endswith("/cgroup") and re.search(wanted[1], text)]
        return "\n".join(found)


def test_without_ctr_a_container_is_found_by_its_cgroups_name() -> None:
    node = NodeWithoutCtr()
    node.start(FIRST_ID, RESOURCES)
    assert process_of(node, FIRST_ID) == 100
    paths = locate(node, FIRST_ID)
    assert paths is not None
    assert paths.container.memory == f"/sys/fs/cgroup{POD}/{FIRST_ID}"
    assert locate(node, SECOND_ID) is None


def test_without_ctr_a_pod_is_found_by_its_uid() -> None:
    node = NodeWithoutCtr()
    node.start(FIRST_ID, RESOURCES)
    paths = locate_sandbox(node, "31ac1e5a")
    assert paths is not None
    assert paths.pod.memory == f"/sys/fs/cgroup{POD}"
    assert locate_sandbox(node, "0000-0000") is None
    del node.files["/proc/100/cgroup"]
    assert locate_sandbox(node, "31ac1e5a") is None
