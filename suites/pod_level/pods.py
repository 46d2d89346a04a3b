"""The pods of the pod-level cases: idle containers, perhaps a sidecar, under resources of the pod as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from resize.manifests import CONTAINER, IDLE_SCRIPT, container

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.pods import Pods
    from resize.pod import ResizablePod
    from resize.resources import Resources

SIDECAR: Final = "sidecar"

#: Pod-level resources need cgroup v2, their resize a gate: on from 1.36, and off in 1.35 unless asked for (KEP-5419).
RESIZABLE: Final = (
    pytest.mark.cgroup("v2"),
    pytest.mark.min_kube_version("1.35"),
    pytest.mark.feature_gate("InPlacePodLevelResourcesVerticalScaling"),
)


def start(
    pods: Pods,
    containers: Mapping[str, Resources],
    pod_level: Resources | None,
    *,
    policy: Mapping[str, str] | None = None,
    sidecar: Resources | None = None,
) -> ResizablePod:
    """Start one.

    Args:
        pods: The case's.
        containers: Name to resources.
        pod_level: The pod's own; None for none.
        policy: The resizePolicy of all containers.
        sidecar: The resources of a sidecar, if there is to be one.
    """
    return pods.start_all(
        "podlevel",
        {
            name: container(name, pods.image, resources, script=IDLE_SCRIPT, resize_policy=policy)
            for name, resources in containers.items()
        },
        init_containers={
            SIDECAR: container(SIDECAR, pods.image, sidecar, script=IDLE_SCRIPT, resize_policy=policy, sidecar=True)
        }
        if sidecar is not None
        else None,
        more_spec=None if pod_level is None else {"resources": pod_level.to_json()},
    )


def start_one(pods: Pods, resources: Resources, pod_level: Resources | None) -> ResizablePod:
    """Start one of a single container."""
    return start(pods, {CONTAINER: resources}, pod_level)
