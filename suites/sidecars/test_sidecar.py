"""A sidecar is resized by itself, and the container beside it is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.changes import there_and_back
from resize.manifests import CONTAINER, IDLE_SCRIPT, container
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods

SIDECAR = "sidecar"
GUARANTEED = Resources.guaranteed(cpu="100m", memory="80Mi")
BURSTABLE = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="96Mi")
MORE = {"cpu_request": "70m", "cpu_limit": "140m", "memory_request": "80Mi", "memory_limit": "112Mi"}


def row(case: str, main: Resources, before: Resources, after: Resources) -> object:
    """What the container has, and the sidecar before and after; the upstream case has the row's name."""
    return pytest.param(main, before, after, id=case, marks=pytest.mark.upstream(f"alpha/sidecar/{case}"))


@pytest.mark.conformance
@pytest.mark.min_kube_version("1.33")
@pytest.mark.cpu_milli(300)
@pytest.mark.rule("submit.sidecars", "memory_shrink.limit_decrease")
@pytest.mark.parametrize(
    ("main", "before", "after"),
    [
        row(
            "guaranteed-increase-cpu-and-memory",
            GUARANTEED,
            GUARANTEED,
            Resources.guaranteed(cpu="150m", memory="96Mi"),
        ),
        row(
            "guaranteed-decrease-cpu-and-increase-memory",
            GUARANTEED,
            GUARANTEED,
            Resources.guaranteed(cpu="70m", memory="96Mi"),
        ),
        row("guaranteed-beside-container-decrease-cpu", GUARANTEED, GUARANTEED, GUARANTEED.with_cpu("70m")),
        row("burstable-beside-container-increase-cpu-and-memory", BURSTABLE, BURSTABLE, Resources.of(**MORE)),
        row(
            "burstable-beside-container-decrease-cpu",
            BURSTABLE,
            BURSTABLE,
            BURSTABLE.with_changes(cpu_request_milli=30, cpu_limit_milli=70),
        ),
        row(
            "burstable-beside-container-increase-cpu",
            BURSTABLE,
            BURSTABLE,
            BURSTABLE.with_changes(cpu_request_milli=70, cpu_limit_milli=140),
        ),
        row(
            "burstable-beside-container-decrease-memory-requests",
            GUARANTEED,
            BURSTABLE,
            BURSTABLE.with_changes(memory_request_bytes=48 * 2**20),
        ),
        row(
            "burstable-beside-container-increase-memory",
            GUARANTEED,
            BURSTABLE,
            BURSTABLE.with_changes(memory_request_bytes=80 * 2**20, memory_limit_bytes=112 * 2**20),
        ),
    ],
)
def test_sidecar_alone(pods: Pods, main: Resources, before: Resources, after: Resources) -> None:
    """A sidecar is resized and resized back, without a restart, and the container beside it stays as it is.

    Preconditions:
        - A running pod, Guaranteed or Burstable, of a container and a sidecar without resizePolicy.
    Steps:
        1. Patch CPU or memory of the sidecar, or both, up or down.
        2. Patch them back.
    Expected:
        - After each step the whole chain agrees, for the sidecar, the container, and their sum in the pod's cgroup.
        - Neither was restarted.
        - 1.33 refuses to lower a memory limit without a restart, in its words, and nothing changes then.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#sidecars
    """
    pod = pods.start_all(
        "beside",
        {CONTAINER: container(CONTAINER, pods.image, main, script=IDLE_SCRIPT)},
        init_containers={SIDECAR: container(SIDECAR, pods.image, before, script=IDLE_SCRIPT, sidecar=True)},
    )

    there_and_back(pod, {SIDECAR: after})
