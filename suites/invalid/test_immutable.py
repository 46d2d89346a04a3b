"""Names, number and order of containers, other resources, and ordinary init containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from resize.manifests import CONTAINER, IDLE_SCRIPT, container
from resize.refusals import assert_immutable
from resize.resources import Resources
from resize.sent import put

if TYPE_CHECKING:
    from fixtures.pods import Pods
    from resize.pod import ResizablePod

GUARANTEED = Resources.guaranteed(cpu="50m", memory="64Mi")
BURSTABLE = Resources.of(cpu_request="50m", cpu_limit="100m", memory_request="64Mi", memory_limit="96Mi")


def start_two(pods: Pods, resources: Resources) -> ResizablePod:
    """A pod of two containers with the same resources."""
    return pods.start_all(
        "two", {name: container(name, pods.image, resources, script=IDLE_SCRIPT) for name in ("c1", "c2")}
    )


@pytest.mark.conformance
@pytest.mark.cpu_milli(200)
@pytest.mark.rule("immutable.container_names", "immutable.http_code")
@pytest.mark.upstream("invalid/burstable-reorder-containers", "alpha/invalid/reorder-containers")
def test_reordered_containers(pods: Pods) -> None:
    """The order of a pod's containers can't be changed.

    Preconditions:
        - A running Burstable pod of two containers, c1 and c2.
    Steps:
        1. Put the pod where the version takes resizes, with c2 before c1.
    Expected:
        - The API refuses in the version's words; 1.32 takes the request, and leaves the edit out.
        - Spec, status and cgroups stay as they were.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#validation
    """
    pod = start_two(pods, BURSTABLE)

    submitted = put(pod, lambda document: document["spec"]["containers"].reverse())

    assert_immutable(pod, submitted, pod.behaviour.immutable.container_names)


@pytest.mark.conformance
@pytest.mark.cpu_milli(200)
@pytest.mark.rule("immutable.container_names", "immutable.http_code")
@pytest.mark.upstream("invalid/guaranteed-rename-containers")
def test_renamed_containers(pods: Pods) -> None:
    """Containers can't be given other names.

    Preconditions:
        - A running Guaranteed pod of two containers, c1 and c2.
    Steps:
        1. Put the pod where the version takes resizes, with the containers named d1 and d2.
    Expected:
        - The API refuses in the version's words; 1.32 takes the request, and leaves the edit out.
        - Spec, status and cgroups stay as they were.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#validation
    """
    pod = start_two(pods, GUARANTEED)

    assert_immutable(pod, put(pod, _rename), pod.behaviour.immutable.container_names)


@pytest.mark.conformance
@pytest.mark.cpu_milli(200)
@pytest.mark.rule("immutable.container_count", "immutable.http_code")
@pytest.mark.known_issue("KI-ADDED-CONTAINER-PANIC")
def test_added_container(pods: Pods) -> None:
    """A container can't be added to a running pod by way of a resize.

    A user who may resize pods but not create any must not get code to run this way.

    Preconditions:
        - A running Burstable pod of two containers, c1 and c2.
    Steps:
        1. Put the pod where the version takes resizes, with a third container.
    Expected:
        - The API refuses in the version's words; 1.32 takes the request, and leaves the edit out.
        - Spec, status and cgroups stay as they were.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#validation
    """
    pod = start_two(pods, BURSTABLE)
    third = container("c3", pods.image, BURSTABLE, script=IDLE_SCRIPT)

    submitted = put(pod, lambda document: document["spec"]["containers"].append(third))

    assert_immutable(pod, submitted, pod.behaviour.immutable.container_count)


@pytest.mark.conformance
@pytest.mark.cpu_milli(100)
@pytest.mark.rule("immutable.other_resources", "immutable.http_code")
@pytest.mark.upstream("invalid/burstable-ephemeral-storage")
def test_ephemeral_storage(pods: Pods) -> None:
    """Only CPU and memory can be resized: a request for ephemeral storage can't.

    Preconditions:
        - A running Burstable pod that requests 50m, 64Mi and 1Mi of ephemeral storage.
    Steps:
        1. Patch the request for ephemeral storage to 3Mi.
    Expected:
        - The API refuses in the version's words, and nothing changes anywhere.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#non-goals
    """
    made = container(CONTAINER, pods.image, BURSTABLE, script=IDLE_SCRIPT)
    made["resources"]["requests"]["ephemeral-storage"] = "1Mi"
    pod = pods.start_all("storage", {CONTAINER: made})

    submitted = pod.submit({CONTAINER: {"requests": {"ephemeral-storage": "3Mi"}}})

    assert_immutable(pod, submitted, pod.behaviour.immutable.other_resources)


@pytest.mark.conformance
@pytest.mark.max_kube_version("1.35")
@pytest.mark.cpu_milli(100)
@pytest.mark.rule("immutable.init_containers", "immutable.http_code", "submit.init_containers")
@pytest.mark.upstream("invalid/burstable-init-container")
def test_init_container_that_has_ended(pods: Pods) -> None:
    """Before 1.36 an ordinary init container can't be resized.

    Preconditions:
        - A running Burstable pod of a container, and an init container that has ended, each with 50m of 100m and 64Mi
          of 96Mi.
    Steps:
        1. Patch requests and limits of the init container to 70m, 140m, 80Mi and 112Mi.
    Expected:
        - The API refuses in the version's words; 1.32 takes the request, and leaves the edit out.
        - Spec, status and cgroups stay as they were.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#non-goals
    """
    pod = pods.start_all(
        "begun",
        {CONTAINER: container(CONTAINER, pods.image, BURSTABLE, script=IDLE_SCRIPT)},
        init_containers={"init": container("init", pods.image, BURSTABLE, script="exit 0")},
    )
    more = Resources.of(cpu_request="70m", cpu_limit="140m", memory_request="80Mi", memory_limit="112Mi")

    def edit(document: dict[str, Any]) -> None:
        document["spec"]["initContainers"][0]["resources"] = more.to_json()

    assert_immutable(pod, put(pod, edit), pod.behaviour.immutable.init_containers)


def _rename(document: dict[str, Any]) -> None:
    for name, entry in zip(("d1", "d2"), document["spec"]["containers"], strict=True):
        entry["name"] = name
