"""What is known of a cluster of containers besides its API: versions, peculiarities, and what has gone wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clusters.contract import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clusters.docker.engine import Engine, EngineInfo
    from clusters.docker.node import DockerNode
    from clusters.docker.tools import Tool

#: An image that is no distribution of Kubernetes but takes the place of one says so by this label.
STAND_IN_LABEL = "resize-conformance.stand-in"
#: Where runc is: on PATH on most nodes, in k3s' own folder there.
_RUNC = ("runc", "/var/lib/rancher/k3s/data/current/bin/runc", "/bin/aux/runc")
#: Docker starts a node anew at once, then after ever longer pauses.
HOPELESS_RESTARTS = 3
_VERSION = re.compile(r"(\d+\.\d+\.\d+\S*)")


def facts_of(engine: Engine, image: str, nodes: int) -> dict[str, str]:
    """What sets these nodes apart from machines of their own, for the report."""
    facts = {"node image": image}
    labels = engine.client.images.get(image).labels
    if STAND_IN_LABEL in labels:
        facts["stand-in"] = (
            "the node image is none of the distribution that its name says: it starts Kubernetes' own components "
            "instead, so verdicts are about those, and of the distribution nothing is proven"
        )
    if nodes > 1:
        facts["shared host"] = f"all {nodes} nodes show the CPUs and the memory of their one host as their own"
    return facts


def versions_of(node_info: Mapping[str, Any], node: DockerNode, engine: EngineInfo, tool: Tool) -> dict[str, str]:
    """Version of each component that matters to a resize, and of what made the cluster."""
    runtime, _, runtime_version = str(node_info["containerRuntimeVersion"]).partition("://")
    versions = {
        "kubelet": str(node_info["kubeletVersion"]).removeprefix("v"),
        runtime: runtime_version.removeprefix("v"),
        tool.name: tool.version,
        "docker": engine.version,
    }
    for program in _RUNC:
        try:
            printed = node.run([program, "--version"])
        except ClusterError:
            continue
        if match := _VERSION.search(printed):
            versions["runc"] = match[1]
            break
    return versions


def why_hopeless(containers: Iterable[Any]) -> str | None:
    """Why a cluster that is being made can't come up: a node that has ended, or ends as often as it is started."""
    for container in containers:
        if container.status in {"exited", "dead"}:
            return f"node {container.name} has ended with code {container.attrs['State']['ExitCode']}"
        if container.attrs.get("RestartCount", 0) >= HOPELESS_RESTARTS:
            return f"node {container.name} ends as often as it is started"
    return None


def container_faults(containers: Iterable[Any], name: str) -> list[str]:
    """One sentence for each node that does not run, or not as it was started; one if there is none at all."""
    found, faults = list(containers), []
    if not found:
        return [f"cluster {name} is gone: it has no container any more"]
    for container in found:
        state = container.attrs["State"]
        restarts = int(container.attrs.get("RestartCount", 0))
        if container.status != "running":
            why = "out of memory" if state.get("OOMKilled") else state.get("Error") or f"exit code {state['ExitCode']}"
            faults.append(f"node {container.name} has ended ({why}); see `docker logs {container.name}`")
        elif restarts:
            faults.append(
                f"node {container.name} was started anew {restarts} times; see `docker logs {container.name}`"
            )
    return faults
