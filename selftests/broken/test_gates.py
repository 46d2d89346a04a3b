"""A cluster of the alpha, one component of which runs without the gate that the others have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from selftests.broken.cases import FRESH_POD, LIMITS_ONLY, NO_RESIZE, RESTART_ON_BOTH, UP, gate_of
from selftests.broken.wrappers import WITHOUT_GATE

if TYPE_CHECKING:
    from selftests.broken.conftest import RunWith

pytestmark = pytest.mark.timeout(180)


def test_api_server_without_the_gate(run_with: RunWith) -> None:
    """The API server takes no resize, with or without a restart; the kubelet and the scheduler are ready for one.

    The messages must have the API's own words, and that its metric reports the gate as off. What is refused anyway,
    and what the kubelet reports of a pod that was never resized, is right.
    """
    expected = {
        gate_of("kube-apiserver"): "violation",
        gate_of("kubelet"): "conformant",
        gate_of("kube-scheduler"): "conformant",
        UP: "violation",
        RESTART_ON_BOTH: "violation",
        LIMITS_ONLY: "conformant",
        FRESH_POD: "conformant",
        NO_RESIZE: "conformant",
    }

    found = run_with("kube-apiserver", WITHOUT_GATE, expected, version="1.30")

    assert found.verdicts == expected
    assert found.exit_code == 1
    assert found.case(gate_of("kube-apiserver")).reason == "kube-apiserver reports InPlacePodVerticalScaling as False"
    for case in (found.case(UP), found.case(RESTART_ON_BOTH)):
        assert case.reason.startswith("The resize was refused: HTTP 422 Invalid: ")
        assert "spec: Forbidden: pod updates may not change fields other than" in case.reason


def test_kubelet_without_the_gate(run_with: RunWith) -> None:
    """The kubelet knows of no resize: it does not even report what it gave a pod.

    Every case that looks at the pod's status must fail with the fields that are missing, the one about the gate with
    the kubelet's own word.
    """
    expected = {
        gate_of("kube-apiserver"): "conformant",
        gate_of("kubelet"): "violation",
        gate_of("kube-scheduler"): "conformant",
        FRESH_POD: "violation",
        LIMITS_ONLY: "violation",
        NO_RESIZE: "conformant",
    }

    found = run_with("kubelet", WITHOUT_GATE, expected, version="1.30")

    assert found.verdicts == expected
    assert found.exit_code == 1
    assert found.case(gate_of("kubelet")).reason == "kubelet reports InPlacePodVerticalScaling as False"
    for case in (found.case(FRESH_POD), found.case(LIMITS_ONLY)):
        assert re.search(r"allocatedResources of stress: missing; expected cpu 100m/-", case.message)
        assert re.search(r"status.resources of stress: missing; expected cpu 100m/100m", case.message)
        assert "cgroup of stress:" not in case.message, "the cgroups are right"
