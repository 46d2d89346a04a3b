"""What a reader calls a cluster: its version and its platform, and the order in which the columns stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.model import Cluster

#: Where the nodes' kernel runs, in words: the values of ``Cluster.node`` that a word helps with.
_NODES = {"uml": "user-mode kernel", "existing": "existing cluster"}
#: The fact of a cluster whose nodes are something else than its name says; never left out, wherever it is named.
STAND_IN = "stand-in"


def cluster_label(cluster: Cluster) -> str:
    """The cluster's version as a reader names it, such as ``Kubernetes 1.37.2``."""
    return f"Kubernetes {version_text(cluster)}"


def version_text(cluster: Cluster) -> str:
    """The version without a leading v, such as ``1.37.2``."""
    return cluster.kube_version.removeprefix("v")


def platform_label(cluster: Cluster) -> str:
    """What kind of nodes it has, such as ``user-mode kernel, cgroup v2``; the cluster's name where nothing is known."""
    cgroup = f"cgroup {cluster.cgroup_version}" if cluster.cgroup_version else ""
    node = _NODES.get(cluster.node, cluster.node) + _stand_in(cluster)
    return ", ".join(filter(None, (node, cgroup, cluster.runtime))) or cluster.name


def short_label(cluster: Cluster) -> str:
    """The platform for narrow columns, in the words of the options, such as ``uml v2`` or ``host v1 crun``."""
    parts = (cluster.node + _stand_in(cluster), cluster.cgroup_version, cluster.runtime)
    return " ".join(filter(None, parts)) or cluster.name


def cluster_title(cluster: Cluster) -> str:
    """Version and platform in one line, such as ``Kubernetes 1.37.2, host, cgroup v1``."""
    return f"{cluster_label(cluster)}, {platform_label(cluster)}"


def ordered(clusters: Iterable[Cluster]) -> list[Cluster]:
    """The clusters by version, oldest first, then by cgroup version, so that v1 and v2 of one version are neighbors."""
    return sorted(clusters, key=_place)


def _stand_in(cluster: Cluster) -> str:
    return " (stand-in)" if STAND_IN in cluster.facts else ""


def _place(cluster: Cluster) -> tuple[tuple[int, ...], str, bool, str, str, str, str]:
    numbers = tuple(int(number) for number in re.findall(r"\d+", cluster.kube_version)[:3])
    version = cluster.cgroup_version
    return numbers, cluster.kube_version, version is None, version or "", cluster.node, cluster.runtime, cluster.name
