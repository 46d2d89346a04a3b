"""The pod is put in place of itself with new resources, as clients do that read, edit and write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_answer_shows_proposed
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources
from resize.sent import assert_same_by_either_path, put_resources

if TYPE_CHECKING:
    from fixtures.pods import Pods


@pytest.mark.conformance
@pytest.mark.cpu_milli(100)
@pytest.mark.rule("submit.endpoint", "submit.generation_increments", "status.observed_generation")
@pytest.mark.upstream("single/replace-endpoint")
def test_requests_by_put(pods: Pods) -> None:
    """Requests are raised by putting the whole pod back, and the subresource shows the same pod as the pod's own path.

    Preconditions:
        - A running Burstable pod, CPU 50m of 100m and memory 64Mi of 96Mi.
    Steps:
        1. Read the pod, set its requests to 70m and 80Mi, and put it where this version takes resizes: to the pod
           itself, or to its subresource resize.
        2. Once that is done, read the pod from there.
    Expected:
        - The whole chain agrees, and no container was restarted; metadata.generation is one more where the version
          counts resizes.
        - The pod that the subresource shows is the pod.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#api-changes
    """
    before = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="96Mi")
    pod = pods.start("replaced", before, script=IDLE_SCRIPT)
    generation = pod.view.generation

    put_resources(pod, Resources.of(cpu_request="70m", cpu_limit="100m", memory_request="80Mi", memory_limit="96Mi"))

    pod.settle()
    assert_answer_shows_proposed(pod, generation_before=generation)
    assert_same_by_either_path(pod)
