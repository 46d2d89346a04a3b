"""What a run found, as plain data. ``results.json`` is this model written out; every other report is made from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

#: Raised when a field changes its meaning or goes; new fields alone don't raise it.
SCHEMA_VERSION = 1


class Verdict(StrEnum):
    """What a case says about a cluster."""

    CONFORMANT = "conformant"
    #: As far as the API tells, for the nodes' cgroups could not be read: never as good as conformant.
    API_ONLY = "api-only"
    #: The cluster differs in exactly the way that a named, linked issue describes.
    KNOWN_ISSUE = "known-issue"
    VIOLATION = "violation"
    NOT_APPLICABLE = "not-applicable"
    #: The cluster or the machine failed, so nothing is known about resizing: neither a violation nor a pass.
    BROKEN_ENVIRONMENT = "broken-environment"


@dataclass(slots=True, kw_only=True)
class Run:
    """One invocation of the suite. Times are ISO 8601 in UTC."""

    id: str
    started: str
    ended: str
    duration_s: float
    suite_version: str
    command: str
    host: dict[str, Any]
    exit_code: int
    interrupted: bool = False


@dataclass(slots=True, kw_only=True)
class Cluster:
    """A cluster that cases ran on (or were to run on, when ``error`` tells why it never came up)."""

    name: str
    provider: str
    kube_version: str
    #: "v1" or "v2"; None where it is not known.
    cgroup_version: str | None
    components: dict[str, str]
    #: Facts about the node that the suite allows for, such as a missing capability: name to a sentence or value.
    facts: dict[str, str] = field(default_factory=dict)
    phases_s: dict[str, float] = field(default_factory=dict)
    feature_gates: dict[str, bool] = field(default_factory=dict)
    error: str | None = None
    #: Where the nodes' kernel runs, such as "host" or "uml"; empty where there is but one way.
    node: str = ""
    #: What is not the usual container runtime, such as "containerd 1.6.8"; empty where all of it is.
    runtime: str = ""


@dataclass(slots=True, kw_only=True)
class KnownIssue:
    """A named upstream issue from the behaviour catalogue."""

    id: str
    title: str
    link: str


@dataclass(slots=True, kw_only=True)
class Case:
    """One case on one cluster.

    Attributes:
        id: Stable name without the cluster, such as ``suites/memory/test_shrink.py::test_memory_down_to_150M``.
        feature: The folder under suites/.
        title: The first line of the case's docstring.
        description: The whole docstring (Preconditions, Steps, Expected, links).
        cluster: Name of the cluster, as in :class:`Cluster`.
        reason: One line: why the verdict is what it is. Of a conformant case what attempts before this one met.
        message: The full failure text (monospaced, may be long), empty where conformant.
        phases: Seconds in "setup", "call", "teardown".
        measurements: Named figures the case wants shown, such as
            ``{"status delay": {"value": 8.1, "unit": "s", "expected": "..."}}``.
        timeline: One entry a resize, see :mod:`resize.timeline` ``to_json``.
        evidence: Paths of files relative to the run's folder, with a short title each.
        rules: The rules of the behaviour catalogue that the case checks, such as ``status.surface``.
        upstream: The cases of Kubernetes' own e2e tests that it stands for, by their ids in the catalogue.
    """

    id: str
    feature: str
    title: str
    description: str
    cluster: str
    verdict: Verdict
    reason: str
    message: str
    duration_s: float
    phases: dict[str, float]
    known_issue: KnownIssue | None = None
    measurements: list[dict[str, Any]] = field(default_factory=list)
    timeline: list[dict[str, Any]] = field(default_factory=list)
    evidence: list[dict[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    level: str = "conformance"
    rules: list[str] = field(default_factory=list)
    upstream: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything one run found."""

    run: Run
    clusters: list[Cluster]
    cases: list[Case]
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> dict[str, Any]:
        """The document that ``results.json`` holds."""
        return asdict(self)
