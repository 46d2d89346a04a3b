"""What the pod's status says, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_answer_shows_proposed
from resize.delays import status_delay_s
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from resize.pod import ResizablePod

#: A status that comes this long after the cgroup is slow to a person who waits for it.
PROMPT_S = 5.0


@pytest.mark.smoke
@pytest.mark.rule("status.silent_before_resize", "status.allocated_resources", "status.actual_resources")
def test_fresh_pod_reports_its_resources(idle_pod: ResizablePod) -> None:
    """A pod that was never resized reports what it was given, and nothing of a resize.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Read its status and its events.
    Expected:
        - allocatedResources and status.resources equal the spec, and so do the cgroups.
        - There is no resize status or condition, and no event about a resize.

    https://github.com/kubernetes/kubernetes/issues/137858
    """
    idle_pod.unchanged()

    assert [event["reason"] for event in idle_pod.observer.events if event["reason"].startswith("Resize")] == []


@pytest.mark.conformance
@pytest.mark.rule("status.surface", "status.proposed", "status.observed_generation", "submit.generation_increments")
def test_resize_is_acknowledged(idle_pod: ResizablePod) -> None:
    """The API server acknowledges a resize, and the node takes it up.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU to 200m.
    Expected:
        - In the alpha the API's answer says Proposed, and the pod says InProgress after it, with nothing but at times
          an empty field between the two: https://github.com/kubernetes/kubernetes/issues/128993
        - Later versions count the pod's generation up and the node notes it as observed.
        - The resize is done on every layer.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resize-status
    """
    before = idle_pod.view.generation

    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="64Mi"))
    idle_pod.settle()

    assert_answer_shows_proposed(idle_pod, generation_before=before)


@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.known_issue("KI-SLOW-STATUS")
@pytest.mark.rule("status.waits_for_sync", "status.settle_deadline_s")
def test_status_follows_the_cgroup(idle_pod: ResizablePod, case: CaseRecord) -> None:
    """The status tells of a finished resize within seconds after the kernel enforces it.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, which nobody touches meanwhile.
    Steps:
        1. Patch CPU to 200m and memory to 96Mi.
    Expected:
        - status.resources shows the new values within 5 s after the container's cgroup has them.

    https://github.com/kubernetes/kubernetes/issues/112264
    """
    idle_pod.resize(Resources.guaranteed(cpu="200m", memory="96Mi"))

    delay_s = status_delay_s(idle_pod)

    case.measure("status after cgroup", delay_s, "s", expected=f"at most {PROMPT_S:.0f}")
    assert delay_s <= PROMPT_S, f"the status showed the resize {delay_s:.1f} s after the container cgroup had it"
