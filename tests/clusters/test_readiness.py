"""A component that does not run with the gates it was started with is named."""

from __future__ import annotations

import pytest

from clusters.contract import ClusterError
from clusters.readiness import require_gates

GATES = {"InPlacePodVerticalScaling": True, "Other": False}


def metrics(**gates: int) -> str:
    return "".join(f'kubernetes_feature_enabled{{name="{name}",stage="ALPHA"}} {on}\n' for name, on in gates.items())


def test_gates_as_they_were_asked_for() -> None:
    require_gates(GATES, "kube-scheduler", lambda: metrics(InPlacePodVerticalScaling=1, Other=0))


def test_nobody_is_asked_without_gates() -> None:
    require_gates({}, "kube-scheduler", lambda: pytest.fail("asked"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (metrics(InPlacePodVerticalScaling=0, Other=0), "InPlacePodVerticalScaling is off"),
        (metrics(Other=0), "InPlacePodVerticalScaling is not known to it"),
        (metrics(InPlacePodVerticalScaling=1, Other=1), "Other is on"),
    ],
)
def test_gate_that_was_lost(text: str, told: str) -> None:
    with pytest.raises(ClusterError) as caught:
        require_gates(GATES, "kubelet node-1", lambda: text)
    assert str(caught.value).startswith("kubelet node-1 does not run with ")
    assert told in str(caught.value)
