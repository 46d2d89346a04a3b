"""A resize that is only tried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusters.api import ApiError
from resize.requests import dry_run
from resize.resources import Resources

if TYPE_CHECKING:
    from resize.pod import ResizablePod


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("submit.endpoint")
def test_dry_run_changes_nothing(idle_pod: ResizablePod) -> None:
    """A resize with dry-run=server is answered with the pod as it would be, and nothing changes.

    Autoscalers and ``kubectl diff`` ask so whether a resize would be taken.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Send 150m and 96Mi with dryRun=All.
        2. Send 150m and 96Mi in earnest.
    Expected:
        - The answer to 1 has the new resources; neither spec nor status nor cgroups nor the generation change.
        - 2 is done on every layer.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
    """
    before, more = idle_pod.view, Resources.guaranteed(cpu="150m", memory="96Mi")

    assert dry_run(idle_pod, more) == more

    assert idle_pod.unchanged().pod.generation == before.generation
    idle_pod.resize(more)
    idle_pod.settle()


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("qos_change.message", "qos_change.http_code")
def test_dry_run_tells_of_a_refusal(idle_pod: ResizablePod) -> None:
    """A resize that would be refused is refused with dry-run=server, in the same words.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Send a limit of 150m beside the request of 100m, with dryRun=All.
    Expected:
        - The API refuses as it would in earnest, and nothing changes.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
    """
    right = idle_pod.behaviour.qos_change

    answer = dry_run(idle_pod, idle_pod.wanted["stress"].with_changes(cpu_limit_milli=150))

    assert isinstance(answer, ApiError), f"not refused: {answer}"
    assert (answer.status, bool(right.message.search(answer.message))) == (right.http_code, True), str(answer)
    idle_pod.unchanged()
