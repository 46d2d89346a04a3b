"""``junit.xml``: one testsuite a cluster, for CI services that read JUnit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from junitparser import Error, Failure, JUnitXml, Properties, Property, Skipped, TestCase, TestSuite

from reports.model import Verdict
from reports.platforms import cluster_title, ordered
from reports.text import xml_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.model import Case, Cluster, Results


def junit_xml(results: Results) -> str:
    """Returns the results as JUnit XML.

    A violation is a failure, a broken environment an error. A known issue and a case that doesn't apply are skipped,
    the first with the type ``known-issue``, so that a CI service keeps the three apart.
    """
    # Any, here and below: junitparser has types, but not for these of its methods.
    document: Any = JUnitXml("in-place pod resize")
    for cluster in ordered(results.clusters):
        document.add_testsuite(
            _suite(cluster, [case for case in results.cases if case.cluster == cluster.name], results)
        )
    text: bytes = document.tostring()
    return text.decode("utf-8")


def _suite(cluster: Cluster, cases: list[Case], results: Results) -> TestSuite:
    suite = TestSuite(xml_text(f"{cluster_title(cluster)} ({cluster.name})"))
    suite.timestamp = results.run.started.removesuffix("Z").removesuffix("+00:00")
    properties = {
        "run": results.run.id,
        "suite version": results.run.suite_version,
        "provider": cluster.provider,
        "kube version": cluster.kube_version,
        "cluster": cluster.name,
        "node": cluster.node or "unknown",
        "cgroup version": cluster.cgroup_version or "unknown",
        **{f"component {name}": version for name, version in cluster.components.items()},
    }
    for name, value in properties.items():
        suite.add_property(xml_text(name), xml_text(value))
    suite.add_testcases([_case(case) for case in cases])
    if cluster.error and not cases:
        # No case could run: without an entry of its own the suite would look empty, and so passed.
        entry: Any = TestCase("the cluster comes up", classname="clusters", time=sum(cluster.phases_s.values()))
        entry.append(_result(Error, message=cluster.error, kind=Verdict.BROKEN_ENVIRONMENT, text=cluster.error))
        suite.add_testcase(entry)
    return suite


def _case(case: Case) -> Any:
    path, _, function = case.id.partition("::")
    entry: Any = TestCase(
        xml_text(function or path),
        classname=xml_text(path.removesuffix(".py").replace("/", ".")),
        time=round(case.duration_s, 3),
    )
    make_properties: Callable[[], Any] = Properties
    properties = make_properties()
    for name, value in (
        ("title", case.title),
        ("verdict", case.verdict),
        ("reason", case.reason),
        ("level", case.level),
    ):
        properties.add_property(Property(name, xml_text(value)))
    entry.append(properties)
    if case.verdict is Verdict.VIOLATION:
        entry.append(_result(Failure, message=case.reason, kind=case.verdict, text=case.message))
    elif case.verdict is Verdict.BROKEN_ENVIRONMENT:
        entry.append(_result(Error, message=case.reason, kind=case.verdict, text=case.message))
    elif case.verdict is Verdict.KNOWN_ISSUE:
        link = case.known_issue.link if case.known_issue else ""
        entry.append(_result(Skipped, message=f"known issue: {case.reason}", kind=case.verdict, text=link))
    elif case.verdict is Verdict.NOT_APPLICABLE:
        entry.append(_result(Skipped, message=case.reason, kind=case.verdict, text=""))
    return entry


def _result(
    outcome: type[Failure] | type[Error] | type[Skipped], *, message: str, kind: str, text: str
) -> Failure | Error | Skipped:
    result = outcome(xml_text(message), str(kind))
    if text:
        result.text = xml_text(text)
    return result
