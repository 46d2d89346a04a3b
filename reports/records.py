"""The model's records from JSON documents; fields the model doesn't know are left out."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from reports.model import Case, Cluster, KnownIssue, Run, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

_Record = TypeVar("_Record", Run, Cluster, KnownIssue, Case)


def run_of(document: Mapping[str, Any]) -> Run:
    """The run that a document describes."""
    return _record(Run, document)


def cluster_of(document: Mapping[str, Any]) -> Cluster:
    """The cluster that a document describes."""
    return _record(Cluster, document)


def case_of(document: Mapping[str, Any]) -> Case:
    """The case that a document describes."""
    case = _record(Case, document)
    case.verdict = Verdict(document["verdict"])
    if document.get("known_issue") is not None:
        case.known_issue = _record(KnownIssue, document["known_issue"])
    return case


def _record(kind: type[_Record], document: Mapping[str, Any]) -> _Record:
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in document.items() if name in known})
