"""The right to resize a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.access import assert_decided, assert_not_taken, covers_resizes
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.objects import Objects
    from resize.pod import ResizablePod

MORE = Resources.guaranteed(cpu="150m", memory="96Mi")


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("submit.endpoint", "requests.forbidden")
@pytest.mark.parametrize("resource", ["pods", "pods/resize", "*/resize", "*"])
def test_role(objects: Objects, idle_pod: ResizablePod, resource: str) -> None:
    """Who may do everything with pods may not resize them: from 1.32 on that is a right of its own.

    Autoscalers and operators whose roles were written for pods fail with "cannot patch resource pods/resize"
    (goldilocks#845, kubeblocks#9545, vcluster#3544).

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
        - A service account whose role allows every verb on pods, on pods/resize, on */resize, or on everything.
    Steps:
        1. Send 150m and 96Mi as this account.
    Expected:
        - With a right to what the version's resizes go to, the pod or its subresource, the resize is done.
        - Else HTTP 403 names the right that is missing, and nothing changes.

    https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
    """
    account = objects.account("resizer", {"apiGroups": [""], "resources": [resource], "verbs": ["*"]})

    body = {"spec": {"containers": [{"name": "stress", "resources": MORE.to_json()}]}}
    submitted = idle_pod.request({"stress": MORE}, lambda: account.patch(idle_pod.resize_path, body))

    granted = covers_resizes(idle_pod, [resource])
    assert_decided(idle_pod, submitted, granted=granted, message=idle_pod.behaviour.requests.forbidden, http_code=403)


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("submit.endpoint", "requests.forbidden")
@pytest.mark.min_kube_version("1.32")
def test_only_to_resize(objects: Objects, idle_pod: ResizablePod) -> None:
    """Who may resize pods, and nothing else, can change nothing else of them.

    So an autoscaler needs no right to change images or labels.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, and a service account that may patch pods/resize.
    Steps:
        1. Patch a label of the pod as this account.
        2. Send 150m and 96Mi as this account.
    Expected:
        - HTTP 403 for 1, and no label. 2 is done.

    https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
    """
    account = objects.account("resizer", {"apiGroups": [""], "resources": ["pods/resize"], "verbs": ["patch"]})

    label = {"metadata": {"labels": {"smuggled": "in"}}}
    forbidden = idle_pod.behaviour.requests.forbidden
    assert_not_taken(lambda: account.patch(idle_pod.path, label), message=forbidden, http_code=403)

    body = {"spec": {"containers": [{"name": "stress", "resources": MORE.to_json()}]}}
    submitted = idle_pod.request({"stress": MORE}, lambda: account.patch(idle_pod.resize_path, body))
    assert_decided(idle_pod, submitted, granted=True, message=idle_pod.behaviour.requests.forbidden, http_code=403)
    assert "smuggled" not in idle_pod.view.labels


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("submit.endpoint", "requests.forbidden")
@pytest.mark.parametrize("verb", ["patch", "update"])
def test_verb(objects: Objects, idle_pod: ResizablePod, verb: str) -> None:
    """A resize by patch wants the verb patch, for which update does not stand.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi, and a service account that may patch, or update, pods and
          pods/resize.
    Steps:
        1. Send 150m and 96Mi as this account by PATCH.
    Expected:
        - With the verb patch the resize is done; with update HTTP 403, and nothing changes.

    https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
    """
    rule = {"apiGroups": [""], "resources": ["pods", "pods/resize"], "verbs": [verb]}
    account = objects.account("resizer", rule)

    body = {"spec": {"containers": [{"name": "stress", "resources": MORE.to_json()}]}}
    submitted = idle_pod.request({"stress": MORE}, lambda: account.patch(idle_pod.resize_path, body))

    assert_decided(
        idle_pod, submitted, granted=verb == "patch", message=idle_pod.behaviour.requests.forbidden, http_code=403
    )
