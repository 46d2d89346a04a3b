"""Pods that the kubelet runs from files: the API shows them, and is not where they are changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_refused
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.static_pods import StaticPods

pytestmark = pytest.mark.variant("static-pods")


@pytest.mark.rule("static_pods.http_code", "static_pods.message")
@pytest.mark.min_kube_version("1.32")
@pytest.mark.conformance
def test_resize_is_refused(static_pods: StaticPods) -> None:
    """A resize of a static pod is refused by the API, which says that it is one, and nothing changes.

    Why: control planes of kubeadm clusters are static pods. Before, the mirror pod took the change, and the pod itself
    never heard of it.

    Preconditions:
        - A running static pod, Guaranteed, with 100m and 64Mi.
    Steps:
        1. Patch CPU to 200m, at its mirror pod.
    Expected:
        - HTTP 422, with a text that static pods can't be resized; every layer is as before.

    https://github.com/kubernetes/kubernetes/pull/128266
    """
    pod = static_pods.put("mirrored", Resources.guaranteed(cpu="100m", memory="64Mi"))
    right = pod.behaviour.static_pods

    submitted = pod.submit({"stress": Resources.guaranteed(cpu="200m", memory="64Mi").to_json()})

    assert_refused(pod, submitted, message=right.message, http_code=right.http_code)


@pytest.mark.rule("static_pods.edit_recreates")
@pytest.mark.conformance
def test_edit_of_the_manifest_makes_a_new_pod(static_pods: StaticPods) -> None:
    """New resources in the file of a static pod make a new pod, and are no resize of the old one.

    Why: who edits the file of an API server to give it more memory restarts it.

    Preconditions:
        - A running static pod, Guaranteed, with 100m and 64Mi.
    Steps:
        1. Write its file anew with 200m and 96Mi.
    Expected:
        - Another pod of that name runs; every layer agrees on 200m and 96Mi, and no event tells of a resize.

    https://github.com/kubernetes/kubernetes/pull/116504
    """
    static_pods.put("edited", Resources.guaranteed(cpu="100m", memory="64Mi"))

    pod = static_pods.put("edited", Resources.guaranteed(cpu="200m", memory="96Mi"))

    pod.unchanged()
