"""What events tell of pod-level resources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_events
from resize.manifests import CONTAINER
from resize.resources import Resources
from suites.pod_level.pods import RESIZABLE, start_one

if TYPE_CHECKING:
    from fixtures.pods import Pods

pytestmark = [*RESIZABLE]

POD = Resources.guaranteed(cpu="100m", memory="64Mi")


@pytest.mark.conformance
@pytest.mark.upstream("plr/single/no-event-at-creation")
@pytest.mark.rule("status.silent_before_resize")
def test_none_about_a_pod_that_was_never_resized(pods: Pods) -> None:
    """A pod with pod-level resources starts without an event about a resize.

    Preconditions:
        - None.
    Steps:
        1. Create a pod with 100m and 64Mi, whose container asks for nothing.
        2. Wait until it runs, and watch it for some seconds.
    Expected:
        - No event about a resize, no condition, and no change of any layer.

    https://github.com/kubernetes/kubernetes/issues/138049
    """
    pod = start_one(pods, Resources(), POD)

    pod.unchanged(for_s=3.0)

    assert_events(pod)


@pytest.mark.nightly
@pytest.mark.known_issue("KI-POD-LEVEL-NOT-IN-EVENTS")
@pytest.mark.rule("events.reasons")
def test_they_name_the_pods_own_values(pods: Pods) -> None:
    """The event about a finished resize names the pod's new values.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, whose container asks for nothing.
    Steps:
        1. Patch the pod's CPU to 150m.
        2. Read the event ResizeCompleted.
    Expected:
        - Its JSON has the pod's own resources. Who looks at the events later would else read of a resize in which
          nothing changed.

    https://github.com/kubernetes/kubernetes/issues/141606
    """
    pod = start_one(pods, Resources(), POD)
    pod.resize({}, pod_level=POD.with_cpu("150m"))
    pod.settle()

    assert_events(pod, "ResizeStarted", "ResizeCompleted")

    # The last: a sync that was under way may tell of the end too early (kubernetes#132851).
    message = [event["message"] for event in pod.observer.events if event["reason"] == "ResizeCompleted"][-1]
    told = json.loads(message.partition(": ")[2])
    assert "resources" in told, f"the event ResizeCompleted has no resources of the pod, only {sorted(told)}: {message}"
    assert Resources.from_json(told["resources"]) == pod.wanted_pod_level, message
    assert CONTAINER in message
