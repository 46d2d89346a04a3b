"""The suite's cases that broken clusters are tried with, by their IDs in results.json."""

from __future__ import annotations

FRESH_POD = "suites/status/test_reported.py::test_fresh_pod_reports_its_resources"
UP = "suites/updown/test_up.py::test_cpu_and_memory_up"
MEMORY_DOWN = "suites/updown/test_down.py::test_memory_down"
#: Refused by the API, so that nothing reaches the node.
LIMITS_ONLY = "suites/qos/test_qos_change.py::test_limits_only_patch_of_a_guaranteed_pod"
#: Has nothing to do with resizing.
NO_RESIZE = "suites/usecases/test_build_burst.py::test_build_without_more_memory_is_killed"


def policy(name: str) -> str:
    """A case about resizePolicy."""
    return f"suites/policy/test_resize_policy.py::test_restarts_are_those_of_the_policy[{name}]"


#: The kubelet makes a new container, and runc's update isn't called.
RESTART_ON_BOTH = policy("both_restart_once")
RESTART_ON_CPU_ALONE = policy("cpu_restarts_not_on_memory")
NO_RESTART = policy("no_restart_for_either")


def gate_of(component: str) -> str:
    """The case that asks a component whether the gate is on."""
    return f"suites/gate/test_gate.py::test_component_reports_the_gate_on[{component}]"
