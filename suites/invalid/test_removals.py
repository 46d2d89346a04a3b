"""Requests and limits that are taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

from resize.manifests import CONTAINER, IDLE_SCRIPT
from resize.refusals import assert_removal_answer
from resize.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.pods import Pods

GUARANTEED = Resources.guaranteed(cpu="50m", memory="64Mi")
BURSTABLE = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="96Mi")

NO_LIMITS = {"limits": {"cpu": None, "memory": None}}


@pytest.mark.conformance
@pytest.mark.cpu_milli(100)
@pytest.mark.rule("removal.answer", "removal.requests_message", "removal.limits_message")
@pytest.mark.parametrize(
    ("before", "patch", "removed", "qos_changes"),
    [
        pytest.param(
            GUARANTEED,
            NO_LIMITS,
            "limits",
            True,
            id="guaranteed-remove-limits",
            marks=pytest.mark.upstream("invalid/guaranteed-remove-limits"),
        ),
        pytest.param(
            BURSTABLE,
            {**NO_LIMITS, "requests": {"cpu": "70m", "memory": "80Mi"}},
            "limits",
            False,
            id="burstable-remove-limits-increase-requests",
            marks=pytest.mark.upstream("invalid/burstable-remove-limits-increase-requests"),
        ),
        pytest.param(
            Resources.of(memory_request="64Mi"),
            {"requests": {"memory": None}},
            "requests",
            True,
            id="burstable-remove-memory-requests",
            marks=[
                pytest.mark.upstream("invalid/burstable-remove-memory-requests"),
                pytest.mark.known_issue("KI-STATUS-INVENTS-CPU"),
                pytest.mark.rule("status.actual_resources"),
            ],
        ),
        pytest.param(
            Resources.of(cpu_request="50m"),
            {"requests": {"cpu": None}},
            "requests",
            True,
            id="burstable-remove-cpu-requests",
            marks=pytest.mark.upstream("invalid/burstable-remove-cpu-requests"),
        ),
        pytest.param(
            BURSTABLE,
            {"limits": {"memory": None}},
            "limits",
            False,
            id="remove-memory-limits",
            marks=pytest.mark.upstream("alpha/invalid/remove-memory-limits"),
        ),
        pytest.param(
            BURSTABLE,
            {"limits": {"cpu": None}},
            "limits",
            False,
            id="remove-cpu-limits",
            marks=pytest.mark.upstream("alpha/invalid/remove-cpu-limits"),
        ),
        pytest.param(
            BURSTABLE.with_changes(cpu_limit_milli=None),
            {"requests": {"cpu": None}},
            "requests",
            False,
            id="remove-cpu-requests",
            marks=pytest.mark.upstream("alpha/invalid/remove-cpu-requests"),
        ),
        pytest.param(
            BURSTABLE.with_changes(memory_limit_bytes=None),
            {"requests": {"memory": None}},
            "requests",
            False,
            id="remove-memory-requests",
            marks=pytest.mark.upstream("alpha/invalid/remove-memory-requests"),
        ),
    ],
)
def test_removal(
    pods: Pods,
    before: Resources,
    patch: Mapping[str, Mapping[str, Any]],
    removed: Literal["requests", "limits"],
    *,
    qos_changes: bool,
) -> None:
    """Requests and limits that a container has can't be taken away.

    Preconditions:
        - A running pod, Guaranteed or Burstable.
    Steps:
        1. Patch requests or limits of CPU, memory or both to null.
    Expected:
        - From 1.32 on: the API refuses in the version's words, and nothing changes anywhere.
        - Before: it refuses if the QoS class would change, in the words for that, and else accepts.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#validation
    """
    pod = pods.start("removal", before, script=IDLE_SCRIPT)

    submitted = pod.submit({CONTAINER: patch})

    assert_removal_answer(pod, submitted, removed=removed, qos_changes=qos_changes)
