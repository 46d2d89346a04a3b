"""A resize can be sent in each form that the API knows for other changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize import requests
from resize.access import assert_decided
from resize.answers import assert_refused
from resize.manifests import IDLE_SCRIPT
from resize.policies import POLICIES
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.pod import ResizablePod
    from resize.requests import Form

MORE = Resources.guaranteed(cpu="150m", memory="96Mi")


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.usefixtures("full_rights")
@pytest.mark.rule("submit.endpoint")
@pytest.mark.parametrize("form", ["JSON merge", "JSON patch", "server-side apply", "PUT"])
def test_every_form_is_taken(idle_pod: ResizablePod, form: Form) -> None:
    """A resize is done whatever the form of its request.

    Kubernetes' own tests use the strategic merge patch and PUT alone; GitOps tools apply, and client libraries send
    JSON patches and JSON merge patches.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Send 150m and 96Mi as a JSON merge patch, a JSON patch, by server-side apply, or as the whole pod by PUT.
    Expected:
        - The resize is done on every layer, and nothing but resources has changed.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply
    """
    before = requests.shape(idle_pod)

    submitted = requests.send(idle_pod, form, MORE)

    assert submitted.error is None, f"refused: {submitted.error}"
    idle_pod.settle()
    requests.assert_same_shape(idle_pod, before)


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("requests.bare_merge_patch")
def test_bare_merge_patch(pods: Pods) -> None:
    """A JSON merge patch of a container's name and resources alone drops the container's resizePolicy, and is refused.

    ``kubectl patch --type merge`` replaces the whole list of containers. Since 1.33 the API then answers "only cpu and
    memory resources are mutable", although nothing else seems to be asked for, which has misled many: the policy is
    gone. A pod without a policy is resized.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi and a resizePolicy.
    Steps:
        1. Send a JSON merge patch of the container's name and resources.
    Expected:
        - The API refuses in the version's words, and nothing changes. In 1.32 alone, which still lets a policy be
          changed, the resize is done.

    https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/#use-a-json-merge-patch-to-update-a-deployment
    """
    before = Resources.guaranteed(cpu="100m", memory="64Mi")
    pod = pods.start("merged", before, script=IDLE_SCRIPT, resize_policy=POLICIES["no-restart"])

    submitted = requests.send_bare_merge(pod, MORE)

    message = pod.behaviour.requests.bare_merge_patch
    assert_decided(pod, submitted, granted=message is None, message=message, http_code=422)


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("requests.to_the_pod")
@pytest.mark.min_kube_version("1.32")
def test_patch_of_the_pod_itself(idle_pod: ResizablePod) -> None:
    """Resources can't be changed by a patch of the pod itself once there is a subresource for it.

    What was right up to 1.31, and what a kubectl before 1.32 sends: the commonest reason why people think that their
    cluster can't resize (k3s#12025, k3s#12138).

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch the resources of the pod, not of its subresource resize.
    Expected:
        - HTTP 422 says that pod updates may not change these fields, and nothing changes.

    https://github.com/kubernetes/kubernetes/pull/128266
    """
    submitted = requests.send_to_the_pod(idle_pod, MORE)

    assert_refused(idle_pod, submitted, message=idle_pod.behaviour.requests.to_the_pod, http_code=422)


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("submit.endpoint")
@pytest.mark.min_kube_version("1.32")
def test_other_changes_are_dropped(idle_pod: ResizablePod) -> None:
    """Changes other than of resources are dropped without a word from a request to the subresource resize.

    Whoever sends a whole pod there, with a new image or label, gets a success, and neither.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch its subresource resize: 150m and 96Mi, a label, an annotation, another image, another grace period.
    Expected:
        - The resize is done on every layer. Label, annotation, image and grace period are as before.

    https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/strategy.go
    """
    before = requests.shape(idle_pod)

    submitted = requests.send_with(
        idle_pod,
        MORE,
        metadata={"labels": {"smuggled": "in"}, "annotations": {"smuggled": "in"}},
        container={"image": "smuggled.example/in:1", "env": [{"name": "SMUGGLED", "value": "in"}]},
        spec={"terminationGracePeriodSeconds": 30},
    )

    assert submitted.error is None, f"refused: {submitted.error}"
    idle_pod.settle()
    requests.assert_same_shape(idle_pod, before)
