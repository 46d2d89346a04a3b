"""A cluster that is broken itself, which says nothing about resizing: neither a violation nor a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.run import EXIT_BROKEN_ENVIRONMENT
from selftests.broken.cases import LIMITS_ONLY, UP, gate_of
from selftests.broken.wrappers import ENDS_AT_ONCE, UPDATE_KILLS_THE_KUBELET, runc_whose_update

if TYPE_CHECKING:
    from selftests.broken.conftest import RunWith

pytestmark = pytest.mark.timeout(180)


def test_kubelet_does_not_start(run_with: RunWith) -> None:
    """The cluster never comes up: every case has the kubelet's exit code and last words."""
    expected = {UP: "broken-environment", LIMITS_ONLY: "broken-environment"}

    found = run_with("kubelet", ENDS_AT_ONCE, expected)

    assert found.verdicts == expected
    assert found.exit_code == EXIT_BROKEN_ENVIRONMENT
    for case in found.results.cases:
        assert "kubelet ended with exit code 3" in case.reason
        assert "broken on purpose" in case.message


def test_kubelet_is_killed_under_a_case(run_with: RunWith) -> None:
    """The kubelet ends in the midst of a resize: that the resize does not end is not held against the cluster."""
    expected = {UP: "broken-environment", gate_of("kube-scheduler"): "conformant"}

    found = run_with("runc", runc_whose_update(UPDATE_KILLS_THE_KUBELET), expected)

    assert found.verdicts == expected
    assert found.exit_code == EXIT_BROKEN_ENVIRONMENT
    assert "kubelet was ended by signal 9" in found.case(UP).reason
    assert "resize of pod stress done on every layer: not within" in found.case(UP).message
