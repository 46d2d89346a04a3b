"""Clusters that are to be made, for tests of what is asked of the tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clusters.contract import ClusterRequest
from clusters.docker.flavours import Plan
from clusters.versions import KubeVersion

GATE = {"InPlacePodVerticalScaling": True}


def plan(folder: Path, version: str = "1.37.2", *, cgroup_version: str = "v2", **request: Any) -> Plan:
    asked = ClusterRequest(
        kube_version=KubeVersion.parse(version), name="resize-1", log_directory=folder / "logs", **request
    )
    return Plan("resize-1", f"nodes:v{version}", asked, cgroup_version, folder)
