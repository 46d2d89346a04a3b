"""A run of two versions on two platforms each: the sample's cases, and everything that can differ between platforms."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from reports.model import Case, Cluster, Results, Verdict
from tests.reports import sample

OLD_V1, OLD_V2 = "local-1.30.14-host-v1", "local-1.30.14-uml-v2"
NEW_V1, NEW_V2 = "local-1.37.2-host-v1", "local-1.37.2-uml-v2"
#: From the sample's cluster to the two that its cases are given to.
_PAIRS = {sample.OLD: (OLD_V1, OLD_V2), sample.NEW: (NEW_V1, NEW_V2)}
POD_LEVEL = "suites/pod_level/test_pod_level.py::test_pod_level"
#: As long as the longest titles of the suite are.
LONG_TITLE = (
    "More memory than the node has is not granted; the pod is neither moved nor evicted, and can be resized again."
)
NEEDS_V2 = "pod-level resources exist on cgroup v2 only; the node has v1"


def results() -> Results:
    """Four clusters, in the order in which they came up rather than the report's.

    On 1.30 cgroup v2 differs in a verdict, a figure, a time and a resize; on 1.37 in nothing but a case that v1 lacks.
    """
    plain = sample.results()
    clusters = [_cluster(cluster, name) for cluster in plain.clusters for name in _PAIRS[cluster.name]]
    cases = [_case(case, name) for case in plain.cases for name in _PAIRS[case.cluster]]
    found = Results(run=plain.run, clusters=clusters[::-1], cases=cases)
    _differ(found)
    return found


def case_of(found: Results, name: str, cluster: str) -> Case:
    """The case whose function is ``test_NAME``, on one cluster."""
    return next(case for case in found.cases if case.id.endswith(f"::test_{name}") and case.cluster == cluster)


def figure(name: str, value: Any, unit: str = "", expected: str = "") -> dict[str, Any]:
    """A measurement as a case records it."""
    return {name: {"value": value, "unit": unit, "expected": expected}}


def _cluster(cluster: Cluster, name: str) -> Cluster:
    made = deepcopy(cluster)
    made.name, made.node, made.cgroup_version = name, *name.rsplit("-", 2)[1:]
    return made


def _case(case: Case, cluster: str) -> Case:
    made = deepcopy(case)
    made.cluster = cluster
    # The evidence and the hostile text are the sample's own tests' business.
    made.evidence = []
    return made


def _differ(found: Results) -> None:
    for case in found.cases:
        if case.verdict is Verdict.API_ONLY:
            case.verdict, case.reason = Verdict.CONFORMANT, ""
    rescued = case_of(found, "rescue", OLD_V2)
    rescued.verdict, rescued.reason, rescued.known_issue = Verdict.CONFORMANT, "", None
    top = "kubectl top, first reading: CPU"
    case_of(found, "shrink", OLD_V1).measurements = [
        figure(top, 101, "milli-CPU", "about 100"),
        figure("cpu.weight", 4),
    ]
    case_of(found, "shrink", OLD_V2).measurements = [
        figure(top, 97, "milli-CPU", "about 100"),
        figure("cpu.weight", 17),
    ]
    case_of(found, "grow", OLD_V2).measurements = [figure("status delay", 31.4, "s", "under 60 s")]
    restarted = case_of(found, "restart_memory", OLD_V2).timeline[0]
    restarted["marks"] = [mark for mark in restarted["marks"] if mark["kind"] != "restart"]
    case_of(found, "infeasible", OLD_V2).title = case_of(found, "infeasible", OLD_V1).title = LONG_TITLE
    for cluster in (NEW_V1, NEW_V2):
        made = deepcopy(case_of(found, "shrink", cluster))
        made.id, made.feature, made.title = (
            POD_LEVEL,
            "pod_level",
            "A pod's own limit is resized, and its cgroup has it",
        )
        if cluster == NEW_V1:
            made.verdict, made.reason, made.timeline = Verdict.NOT_APPLICABLE, NEEDS_V2, []
        found.cases.append(made)
