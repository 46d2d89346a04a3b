"""Named, linked upstream issues that explain why a case fails on certain versions, from ``data/known_issues.toml``.

A known issue explains a failure only if the failure's message shows the issue's signature. It is strict, if not said
otherwise: a case that passes although its issue says that it can't must tell so, as the issue is then fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from clusters.runtimes import numbers
from clusters.versions import KubeVersion
from resize.catalogue import DATA, CatalogueError, Message, build, minor_number, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FILE = DATA / "known_issues.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIssue:
    """One upstream issue.

    Attributes:
        id: The name that cases use, such as "KI-POD-CGROUP-NOT-RAISED".
        title: One line.
        link: Where upstream tracks it.
        first: The first minor version that has it, such as "1.27".
        last: The last one.
        signature: What the message of a failure that it explains must contain.
        excludes: What it must not contain, as that is not this issue's doing; None: nothing is excluded.
        confirmed: Whether a run of the suite has shown it.
        source: Where the versions and the signature are known from.
        rules: The rules of the catalogue that it bends, such as "status.actual_resources".
        containerd_below: The first containerd without it; None: it is Kubernetes' own.
        strict: Whether each case that names it must fail. One that comes and goes is not, and may befall any case.
    """

    id: str
    title: str
    link: str
    first: str
    last: str
    signature: Message
    excludes: Message | None
    confirmed: bool
    source: str
    rules: tuple[str, ...] = ()
    containerd_below: str | None = None
    strict: bool = True

    def affects(self, version: KubeVersion | str, components: Mapping[str, str] | None = None) -> bool:
        """Whether a cluster has this issue, by its minor version and, if it is the runtime's, by that.

        Args:
            version: Of Kubernetes.
            components: Versions by component name; an issue of a runtime affects no cluster whose runtime is not known.

        Raises:
            ValueError: The text is no version.
        """
        parsed = KubeVersion.parse(version) if isinstance(version, str) else version
        first, last = (minor_number(text, self.id) for text in (self.first, self.last))
        if not (parsed.major == 1 and first <= parsed.minor <= last):
            return False
        if self.containerd_below is None:
            return True
        return () < numbers((components or {}).get("containerd", "")) < numbers(self.containerd_below)

    def explains(self, message: str) -> bool:
        """Whether a failure with this message is this issue and nothing else."""
        if self.excludes is not None and self.excludes.search(message) is not None:
            return False
        return self.signature.search(message) is not None


def known_issue_for(
    issue_id: str, version: KubeVersion | str, components: Mapping[str, str] | None = None, *, path: Path = _FILE
) -> KnownIssue | None:
    """The issue if a cluster has it (see :meth:`KnownIssue.affects`), else None.

    Raises:
        CatalogueError: No issue has this name, which is a mistake in the case that asks.
    """
    issues = known_issues(path)
    if issue_id not in issues:
        raise CatalogueError(f"{path}: no known issue {issue_id!r}; it has {', '.join(issues)}")
    issue = issues[issue_id]
    return issue if issue.affects(version, components) else None


def unnamed_issues_for(
    version: KubeVersion | str, components: Mapping[str, str], path: Path = _FILE
) -> list[KnownIssue]:
    """A cluster's issues that explain failures of any case, named by it or not.

    They are those of its container runtime, and those that come and go.
    """
    found = (issue for issue in known_issues(path).values() if issue.containerd_below is not None or not issue.strict)
    return [issue for issue in found if issue.affects(version, components)]


@cache
def known_issues(path: Path = _FILE) -> dict[str, KnownIssue]:
    """The file's issues by name.

    Raises:
        CatalogueError: The file is wrong.
    """
    issues = {}
    for name, values in read_toml(path).items():
        where = f"{path}: [{name}]"
        if not name.startswith("KI-") or not isinstance(values, dict):
            raise CatalogueError(f"{where}: an issue is a table whose name starts with KI-")
        issue = build(KnownIssue, {"id": name, **values}, where)
        if minor_number(issue.first, f"{where} first") > minor_number(issue.last, f"{where} last"):
            raise CatalogueError(f"{where}: first is {issue.first}, which is after last, {issue.last}")
        issues[name] = issue
    return issues
