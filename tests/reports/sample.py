"""A realistic run: two clusters, every verdict, timelines of several shapes, evidence files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.model import Case, Cluster, KnownIssue, Results, Run, Verdict
from tests.reports import timelines

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = "local-1.30", "local-1.37"
#: A case title as a careless (or hostile) author could write it.
HOSTILE_TITLE = 'A title with <script>alert(1)</script> & "quotes" in it'
#: Nothing of these may be found in any report. They are made up, and built from parts for the sake of secret scanners.
SECRETS = (
    "s3cr3tBearer" + "Value0123456789",
    "eyJhbGciOiJSUzI1NiJ9" + ".eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl",
    "TUlJRXBBSUJBQUtD",
)
_DESCRIPTION = """{title}

Preconditions:
    A Guaranteed pod that runs stress with cpu 100m and memory 150M.
Steps:
    1. Patch the resize subresource.
    2. Wait until spec, allocatedResources, status and both cgroups agree.
Expected:
    - cpu.max of the container and of the pod follow.
    - No restart, and the same containerID.
"""
_MESSAGE = """The container cgroup does not hold what was asked for.
  expected  cpu.max = 30000 100000   (300m, KEP-1287 "CRI Changes")
  read      cpu.max = 60000 100000   in /sys/fs/cgroup/kubepods/pod1f0c/8d2e
The pod cgroup holds 30000 100000, so the kubelet asked for the right value and the runtime wrote another.
Authorization: Bearer s3cr3tBearerValue0123456789
"""


def results() -> Results:
    """Two clusters, twelve cases, all six verdicts."""
    return Results(run=_run(), clusters=[_cluster(OLD, "1.30.14"), _cluster(NEW, "1.37.2")], cases=list(_cases()))


def write_evidence(directory: Path) -> None:
    """Writes the files that the cases' evidence names."""
    folder = directory / "evidence" / "test_grow"
    folder.mkdir(parents=True)
    (folder / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: stress-0 # <b>not bold</b>\n"
        "spec:\n  containers:\n  - name: stress\n"
        f"# token: {SECRETS[1]}\n"
    )
    (folder / "kubelet.log").write_text("I1123 04:19:40.1 resize of stress-0\n" * 3000)
    (folder / "cgroup.txt").write_text("cpu.max 60000 100000\nmemory.max 249999360\n")


def _run() -> Run:
    return Run(
        id="2026-11-23-041940",
        started="2026-11-23T04:19:40Z",
        ended="2026-11-23T04:24:51Z",
        duration_s=311.4,
        suite_version="0.1.0",
        command="pytest suites --cluster local --kube-version 1.30,1.37 -n 2",
        host={"kernel": "6.1.0-28-amd64", "processors": 2, "memory": "7.8 GiB", "system": "Debian GNU/Linux 12"},
        exit_code=1,
    )


def _cluster(name: str, version: str) -> Cluster:
    newest = name == NEW
    return Cluster(
        name=name,
        provider="local",
        kube_version=version,
        cgroup_version="v1",
        components={
            "etcd": "3.6.5",
            "containerd": "2.2.1" if newest else "1.7.29",
            "runc": "1.4.3",
            "metrics-server": "0.8.0",
            "CNI plugins": "1.9.0",
        },
        facts={"cgroup driver": "cgroupfs", "swap": "off", "cpu.weight formula": "runc 1.3.2 and later"},
        phases_s={"control plane": 3.412, "node ready": 5.08, "metrics API": 1.93, "images": 0.41},
        feature_gates={"InPlacePodVerticalScaling": True},
    )


def _case(
    feature: str, name: str, title: str, cluster: str, verdict: Verdict = Verdict.CONFORMANT, **more: Any
) -> Case:
    return Case(
        id=f"suites/{feature}/test_{name}.py::test_{name}",
        feature=feature,
        title=title,
        description=_DESCRIPTION.format(title=title),
        cluster=cluster,
        verdict=verdict,
        reason=more.pop("reason", ""),
        message=more.pop("message", ""),
        duration_s=4.31,
        phases={"setup": 1.204, "call": 2.93, "teardown": 0.18},
        timeline=[shape.to_json() for shape in more.pop("shapes", ())],
        links=[
            "https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources"
        ],
        **more,
    )


def _cases() -> list[Case]:
    shapes = timelines
    grow = ("cpu", "grow", "CPU 300m and memory 250M reach both cgroup levels without a restart")
    rescue = ("memory", "rescue", "A pod killed for memory is rescued by a larger limit")
    java = ("use_cases", "java_start", "A Java-like start is faster with 1 CPU, then resized down")
    deferred = ("scheduling", "deferred", "A deferred resize is granted when another pod leaves")
    infeasible = ("scheduling", "infeasible", "More CPU than the node has is refused, and nothing changes")
    policy = (
        "restart_policy",
        "restart_memory",
        "resizePolicy RestartContainer for memory restarts the container once",
    )
    quick = ("cpu", "shrink", "CPU back to 100m: quota and measured usage fall")
    gate = ("gate", "gate_off", "Without the feature gate the API refuses the patch")
    manager = ("scheduling", "static_cpu", "The static CPU manager policy refuses a resize of exclusive CPUs")
    requests = ("cpu", "burstable", "A Burstable pod's request is resized on its own")
    qos = ("gate", "qos", "A patch of limits only is refused: the QoS class may not change")
    issue = KnownIssue(
        id="resize-rescue",
        title="A container in an OOM kill loop is not rescued, because its pod cgroup keeps the old limit",
        link="https://github.com/kubernetes/kubernetes/issues/102884",
    )
    ratio = {"start-up ratio": {"value": 6.4187, "unit": "", "expected": "over 3"}}
    evidence = [
        {"path": "evidence/test_grow/pod.yaml", "title": "Pod"},
        {"path": "evidence/test_grow/cgroup.txt", "title": "Container cgroup"},
        {"path": "evidence/test_grow/kubelet.log", "title": "kubelet log"},
        {"path": "evidence/test_grow/gone.txt", "title": "Events"},
    ]
    return [
        _case(*gate, OLD),
        _case(*gate, NEW, Verdict.NOT_APPLICABLE, reason="InPlacePodVerticalScaling is locked on since 1.35"),
        _case(*qos, OLD, shapes=[shapes.refused()]),
        _case(*qos, NEW, shapes=[shapes.refused()]),
        _case(
            *grow,
            OLD,
            shapes=[shapes.usage_settles()],
            measurements=[{"status delay": {"value": 1.9, "unit": "s", "expected": "under 60 s"}}],
        ),
        _case(
            *grow,
            NEW,
            Verdict.VIOLATION,
            reason="container cgroup: cpu.max is 60000 100000, expected 30000 100000",
            message=_MESSAGE,
            shapes=[shapes.usage_settles()],
            evidence=evidence,
            measurements=[{"status delay": {"value": 0.241, "unit": "s", "expected": "under 60 s"}}],
        ),
        _case(*quick, OLD, shapes=[shapes.quick()]),
        _case(*quick, NEW, shapes=[shapes.quick()]),
        _case(*requests, OLD, shapes=[shapes.no_limit(), shapes.one_point()]),
        _case(*requests, NEW, shapes=[shapes.no_limit(), shapes.empty()]),
        _case(
            *rescue,
            OLD,
            Verdict.KNOWN_ISSUE,
            reason="the pod cgroup stays at 100M, as the issue describes",
            known_issue=issue,
            shapes=[shapes.restart()],
        ),
        _case(*rescue, NEW, shapes=[shapes.restart()]),
        _case("memory", "hostile", HOSTILE_TITLE, OLD),
        _case("memory", "hostile", HOSTILE_TITLE, NEW),
        _case(*policy, OLD, shapes=[shapes.restart()]),
        _case(*policy, NEW, shapes=[shapes.restart()]),
        _case(*infeasible, OLD, shapes=[shapes.infeasible()]),
        _case(*infeasible, NEW, shapes=[shapes.refused()]),
        _case(
            *deferred,
            OLD,
            Verdict.BROKEN_ENVIRONMENT,
            reason="kubelet ended with exit code 1: the resize was never looked at",
            message="kubelet ended with exit code 1.\nLast line: failed to run Kubelet: no space left on device",
            shapes=[shapes.slow()],
        ),
        _case(*deferred, NEW, shapes=[shapes.slow()]),
        _case(
            *manager, NEW, Verdict.API_ONLY, level="nightly", reason="no node access: --node-access pod was not given"
        ),
        _case(*java, OLD, measurements=[ratio]),
        _case(*java, NEW, measurements=[{"start-up ratio": {"value": 7.02, "unit": "", "expected": "over 3"}}]),
    ]
