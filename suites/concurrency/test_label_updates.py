"""Resizes that race with other updates of the pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.racing import label_while
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from resize.pod import ResizablePod


@pytest.mark.conformance
@pytest.mark.rule("submit.other_writers_kept")
def test_no_update_is_lost(idle_pod: ResizablePod, case: CaseRecord) -> None:
    """A resize that races with changes of the pod's labels is done, and no label is lost.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch forty labels one after the other; in the midst of it patch CPU and memory to 200m and 96Mi.
    Expected:
        - All labels are there, and the whole chain agrees on the new resources, without a restart.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#risks-and-mitigations
    """
    labels = label_while(idle_pod, lambda: idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi")))

    chain = idle_pod.settle()

    case.measure("resize done beside label updates", chain.at_s, "s")
    assert {name: value for name, value in chain.pod.labels.items() if name in labels} == labels
