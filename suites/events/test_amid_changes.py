"""Events about resizes of a pod that is being changed otherwise, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.resources import Resources
from resize.told import resize_amid_changes

if TYPE_CHECKING:
    from resize.pod import ResizablePod


@pytest.mark.conformance
@pytest.mark.min_kube_version("1.34")
@pytest.mark.known_issue("KI-COMPLETED-TOO-EARLY")
@pytest.mark.rule("events.reasons", "events.counts")
@pytest.mark.cpu_milli(250)
def test_done_once_it_is_done(idle_pod: ResizablePod) -> None:
    """A resize right after other changes of the pod is told of as done when it is done, and not before.

    Why: a pod that controllers label and annotate is resized while the kubelet is about to look at it for another
    reason. Who waits for the event then takes the old resources for the new ones.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Change an annotation five times, and patch CPU to 150m right then. Wait until that is done.
        2. The same to 200m, 250m, and back by the same steps to 100m.
    Expected:
        - Each resize is told of by one event ResizeCompleted, which has its values.

    https://github.com/kubernetes/kubernetes/issues/132851
    """
    steps = [Resources.guaranteed(cpu=cpu, memory="64Mi") for cpu in ("150m", "200m", "250m", "200m", "150m", "100m")]

    resize_amid_changes(idle_pod, *steps)
